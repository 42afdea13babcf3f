// Breadth-first search: frontier queues, compare-and-swap on levels, the host asks whether to go on.
#include <cstdio>
#include <cstring>
#include <queue>
#include <vector>

__global__ void expand(const int *edges, const int *dest, int *label, const int *p_frontier, int *c_frontier,
                       const int *p_frontier_tail, int *c_frontier_tail, int depth)
{
    __shared__ int s_frontier[64], s_tail, our_place;
    if (threadIdx.x == 0) s_tail = 0;
    __syncthreads();
    const int tid = blockIdx.x * blockDim.x + threadIdx.x;
    if (tid < *p_frontier_tail) {
        const int vertex = p_frontier[tid];
        for (int i = edges[vertex]; i < edges[vertex + 1]; ++i) {
            if (atomicCAS(&label[dest[i]], -1, depth + 1) == -1) {
                const int place = atomicAdd(&s_tail, 1);
                if (place < 64) s_frontier[place] = dest[i];
                else c_frontier[atomicAdd(c_frontier_tail, 1)] = dest[i];
            }
        }
    }
    __syncthreads();
    const int n = min(s_tail, 64);
    if (threadIdx.x == 0) our_place = atomicAdd(c_frontier_tail, n);
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += blockDim.x) c_frontier[our_place + i] = s_frontier[i];
}

int main()
{
    const int n = 2000;
    std::vector<int> edges{0}, dest;
    for (int v = 0; v < n; v++) {
        for (int next : {(v * 3 + 1) % n, (v + 7) % n, v / 2}) dest.push_back(next);
        edges.push_back((int)dest.size());
    }
    std::vector<int> level(n, -1);
    std::queue<int> todo;
    level[1] = 0;
    for (todo.push(1); !todo.empty(); todo.pop())
        for (int i = edges[todo.front()]; i < edges[todo.front() + 1]; i++)
            if (level[dest[i]] < 0) level[dest[i]] = level[todo.front()] + 1, todo.push(dest[i]);

    int *d_edges, *d_dest, *d_label, *d_f[2], *d_tail[2], tail = 1, one = 1, deepest = 0, root = 1, zero = 0;
    cudaMalloc(&d_edges, (n + 1) * sizeof(int)); cudaMalloc(&d_dest, dest.size() * sizeof(int)); cudaMalloc(&d_label, n * sizeof(int));
    for (int i = 0; i < 2; i++) { cudaMalloc(&d_f[i], n * sizeof(int)); cudaMalloc(&d_tail[i], sizeof(int)); }
    cudaMemcpy(d_edges, edges.data(), (n + 1) * sizeof(int), cudaMemcpyHostToDevice);
    cudaMemcpy(d_dest, dest.data(), dest.size() * sizeof(int), cudaMemcpyHostToDevice);
    cudaMemset(d_label, -1, n * sizeof(int));
    cudaMemcpy(d_label + root, &zero, sizeof(int), cudaMemcpyHostToDevice);
    cudaMemcpy(d_f[0], &root, sizeof(int), cudaMemcpyHostToDevice);
    cudaMemcpy(d_tail[0], &one, sizeof(int), cudaMemcpyHostToDevice);
    for (int turn = 0; tail > 0; turn ^= 1, deepest++) {
        cudaMemset(d_tail[1 - turn], 0, sizeof(int));
        expand<<<(tail + 63) / 64, 64>>>(d_edges, d_dest, d_label, d_f[turn], d_f[1 - turn], d_tail[turn], d_tail[1 - turn], deepest);
        cudaMemcpy(&tail, d_tail[1 - turn], sizeof(int), cudaMemcpyDeviceToHost);
    }
    std::vector<int> got(n);
    cudaMemcpy(got.data(), d_label, n * sizeof(int), cudaMemcpyDeviceToHost);
    printf("%d levels, %s\n", deepest, got == level ? "right" : "WRONG");
    cudaFree(d_edges); cudaFree(d_dest); cudaFree(d_label);
    for (int i = 0; i < 2; i++) { cudaFree(d_f[i]); cudaFree(d_tail[i]); }
    return 0;
}
// expect: 14 levels, right
