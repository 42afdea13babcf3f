// n-body: float4 positions, tiles of bodies in shared memory, soft gravity.
#include <cstdio>
#include <cmath>
#include <cstdlib>

#define BLOCK_SIZE 64
#define SOFTENING 1e-3f

typedef struct { float4 *pos, *vel; } BodySystem;

__device__ float3 bodyBodyInteraction(float4 bi, float4 bj, float3 ai)
{
    float3 r;
    r.x = bj.x - bi.x; r.y = bj.y - bi.y; r.z = bj.z - bi.z;
    float distSqr = r.x * r.x + r.y * r.y + r.z * r.z + SOFTENING;
    float invDist = rsqrtf(distSqr);
    float s = bj.w * invDist * invDist * invDist;
    ai.x += r.x * s; ai.y += r.y * s; ai.z += r.z * s;
    return ai;
}

__global__ void __launch_bounds__(BLOCK_SIZE) integrate(BodySystem p, float dt, int n)
{
    __shared__ float4 spos[BLOCK_SIZE];
    int i = blockDim.x * blockIdx.x + threadIdx.x;
    float4 me = i < n ? p.pos[i] : make_float4(0, 0, 0, 0);
    float3 acc = {0.0f, 0.0f, 0.0f};
    for (int tile = 0; tile < gridDim.x; tile++) {
        int j = tile * blockDim.x + threadIdx.x;
        spos[threadIdx.x] = j < n ? p.pos[j] : make_float4(0.f, 0.f, 0.f, 0.f);
        __syncthreads();
        #pragma unroll 8
        for (int k = 0; k < BLOCK_SIZE; k++) acc = bodyBodyInteraction(me, spos[k], acc);
        __syncthreads();
    }
    if (i < n) { p.vel[i].x += dt * acc.x; p.vel[i].y += dt * acc.y; p.vel[i].z += dt * acc.z; }
}

__global__ void advance(BodySystem p, float dt, int n)
{
    int i = blockDim.x * blockIdx.x + threadIdx.x;
    if (i >= n) return;
    float4 v = p.vel[i];
    p.pos[i].x += v.x * dt; p.pos[i].y += v.y * dt; p.pos[i].z += v.z * dt;
}

int main(const int argc, const char **argv)
{
    int nBodies = argc > 1 ? atoi(argv[1]) : 300;
    const float dt = 0.01f;
    int bytes = nBodies * sizeof(float4);
    float4 *pos = (float4 *)calloc(nBodies, sizeof(float4)), *start = (float4 *)calloc(nBodies, sizeof(float4));
    for (int i = 0; i < nBodies; i++)
        start[i] = pos[i] = make_float4(sinf(i * 1.1f), cosf(i * 2.3f), sinf(i * 0.7f), 1.0f + 0.001f * i);
    BodySystem d;
    cudaMalloc(&d.pos, bytes); cudaMalloc(&d.vel, bytes);
    cudaMemcpy(d.pos, pos, bytes, cudaMemcpyHostToDevice);
    cudaMemset(d.vel, 0, bytes);
    int nBlocks = (nBodies + BLOCK_SIZE - 1) / BLOCK_SIZE;
    integrate<<<nBlocks, BLOCK_SIZE>>>(d, dt, nBodies);
    advance<<<nBlocks, BLOCK_SIZE>>>(d, dt, nBodies);
    cudaMemcpy(pos, d.pos, bytes, cudaMemcpyDeviceToHost);
    double worst = 0;
    for (int i = 0; i < nBodies; i++) {
        double ax = 0;
        for (int j = 0; j < nBodies; j++) {
            double x = start[j].x - start[i].x, y = start[j].y - start[i].y, z = start[j].z - start[i].z;
            double q = x * x + y * y + z * z + SOFTENING;
            ax += start[j].w * x / (q * sqrt(q));
        }
        worst = fmax(worst, fabs(pos[i].x - (start[i].x + ax * dt * dt)) / (1 + fabs(ax) * dt * dt));
    }
    printf("%d bodies: %s\n", nBodies, worst < 1e-5 ? "right" : "WRONG");
    cudaFree(d.pos); cudaFree(d.vel); free(pos); free(start);
}
// expect: 300 bodies: right
