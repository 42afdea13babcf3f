// Cooperative groups: block, tiles, nested tiles, tiles sized at run time, coalesced threads, reduce, scan.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cstdio>

namespace cg = cooperative_groups;

// From anything that is a group.
__device__ int sum_any(cg::thread_group g, int* temp, int value) {
    int lane = g.thread_rank();
    for (int i = g.size() / 2; i > 0; i /= 2) {
        temp[lane] = value;
        g.sync();
        if (lane < i) value += temp[lane + i];
        g.sync();
    }
    return value;
}

template <int Size>
__device__ int sum_tile(cg::thread_block_tile<Size> tile, int value) {
    for (int i = tile.size() / 2; i > 0; i /= 2) value += tile.shfl_down(value, i);
    return value;
}

__global__ void block_sums(int* out, const int* in) {
    extern __shared__ int temp[];
    auto block = cg::this_thread_block();
    int v = sum_any(block, temp, in[block.thread_rank()]);
    if (block.thread_rank() == 0) out[0] = v;
    block.sync();
    auto tile32 = cg::tiled_partition<32>(block);
    cg::thread_block_tile<4> tile4 = cg::tiled_partition<4>(tile32);
    v = sum_tile<32>(tile32, in[block.thread_rank()]);
    if (tile32.thread_rank() == 0) atomicAdd(&out[1], v);
    v = sum_tile<4>(tile4, in[block.thread_rank()]);
    if (tile4.thread_rank() == 0) atomicAdd(&out[2], v);
    cg::thread_group tile8 = cg::tiled_partition(block, 8);
    v = sum_any(tile8, temp + block.thread_rank() / 8 * 8, in[block.thread_rank()]);
    if (tile8.thread_rank() == 0) atomicAdd(&out[3], v);
    if (block.thread_rank() == 37) out[4] = tile4.meta_group_rank() * 100 + tile4.meta_group_size();
    if (block.thread_rank() == 37) out[5] = tile32.meta_group_rank() * 100 + tile32.meta_group_size();
}

__global__ void collectives(int* out) {
    cg::thread_block block = cg::this_thread_block();
    cg::thread_block_tile<16> tile = cg::tiled_partition<16>(block);
    int r = tile.thread_rank();
    int total = cg::reduce(tile, r, cg::plus<int>());
    int most = cg::reduce(tile, (r * 7) % 16, cg::greater<int>());
    int least = cg::reduce(tile, r + 3, cg::less<int>());
    float mean = cg::reduce(tile, float(r), cg::plus<float>()) / tile.num_threads();
    int up_to = cg::inclusive_scan(tile, r);
    int before = cg::exclusive_scan(tile, r, cg::plus<int>());
    unsigned even = tile.ballot(r % 2 == 0);
    bool some = tile.any(r == 5), every = tile.all(r < 16);
    double pair = tile.shfl(r * 1.5, 3);
    short2 small = tile.shfl(make_short2(r, -r), 9);
    struct Big { int a[5]; } big = {{r, r + 1, r + 2, r + 3, r + 4}};
    big = tile.shfl_xor(big, 1);
    unsigned same = tile.match_any(r / 4);
    cg::sync(tile);
    if (block.thread_rank() == 21) {  // rank 5 of the second tile
        int* o = out;
        *o++ = total; *o++ = most; *o++ = least; *o++ = int(mean * 10); *o++ = up_to; *o++ = before;
        *o++ = even; *o++ = some; *o++ = every; *o++ = int(pair * 10); *o++ = small.x * 100 + small.y; *o++ = big.a[4]; *o++ = same;
    }
}

// Adds to a counter once for all threads that are here together.
__device__ int atomicAggInc(int* counter) {
    cg::coalesced_group g = cg::coalesced_threads();
    int first;
    if (g.thread_rank() == 0) first = atomicAdd(counter, g.size());
    return g.shfl(first, 0) + g.thread_rank();
}

__global__ void filter(int* kept, int* count, const int* in, int n) {
    int i = cg::this_grid().thread_rank();
    if (i < n && in[i] % 3 == 0) kept[atomicAggInc(count)] = in[i];
}

int main() {
    int h[128], *in, *out, result[16];
    for (int i = 0; i < 128; i++) h[i] = i;
    cudaMalloc(&in, sizeof h);
    cudaMalloc(&out, sizeof h);
    cudaMemcpy(in, h, sizeof h, cudaMemcpyHostToDevice);
    cudaMemset(out, 0, sizeof h);
    block_sums<<<1, 128, 128 * sizeof(int)>>>(out, in);
    cudaMemcpy(result, out, sizeof result, cudaMemcpyDeviceToHost);
    for (int i = 0; i < 6; i++) printf("%d ", result[i]);
    collectives<<<1, 64>>>(out);
    cudaMemcpy(result, out, sizeof result, cudaMemcpyDeviceToHost);
    printf("\n");
    for (int i = 0; i < 13; i++) printf("%d ", result[i]);
    int* count;
    cudaMalloc(&count, sizeof(int));
    cudaMemset(count, 0, sizeof(int));
    filter<<<2, 64>>>(out, count, in, 128);
    int kept = 0, sum = 0;
    cudaMemcpy(&kept, count, sizeof(int), cudaMemcpyDeviceToHost);
    cudaMemcpy(h, out, sizeof h, cudaMemcpyDeviceToHost);
    for (int i = 0; i < kept; i++) sum += h[i];
    printf("\nkept %d, sum %d\n", kept, sum);
    cudaFree(in); cudaFree(out); cudaFree(count);
    return cudaGetLastError();
}
// expect: 8128 8128 8128 8128 108 104 
// expect: 120 15 3 75 15 10 21845 1 1 45 891 8 240 
// expect: kept 43, sum 2709
