// Sparse matrix times vector: CSR, a thread per row and a warp per row.
#include <cassert>
#include <cstdio>
#include <vector>

struct CsrMatrix { int rows; const int* row_ptr; const int* col; const double* value; };

__global__ void spmv_scalar(CsrMatrix a, const double* __restrict__ x, double* __restrict__ y) {
    for (int row = blockIdx.x * blockDim.x + threadIdx.x; row < a.rows; row += blockDim.x * gridDim.x) {
        double sum = 0;
        for (int j = a.row_ptr[row]; j < a.row_ptr[row + 1]; ++j) sum += a.value[j] * __ldg(&x[a.col[j]]);
        y[row] = sum;
    }
}

__global__ void spmv_vector(const CsrMatrix a, const double* __restrict__ x, double* __restrict__ y) {
    __shared__ volatile double vals[128];
    const int lane = threadIdx.x & 31, row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
    assert(blockDim.x == 128);
    if (row >= a.rows) return;
    double sum = 0;
    for (int j = a.row_ptr[row] + lane; j < a.row_ptr[row + 1]; j += 32) sum += a.value[j] * x[a.col[j]];
    vals[threadIdx.x] = sum;
    __syncwarp();
    for (int d = 16; d > 0; d /= 2) {
        if (lane < d) vals[threadIdx.x] = vals[threadIdx.x] + vals[threadIdx.x + d];
        __syncwarp();
    }
    if (lane == 0) y[row] = vals[threadIdx.x];
}

int main() {
    const int n = 203;
    std::vector<int> ptr{0}, col;
    std::vector<double> value, x(n), want(n), y(n);
    for (int i = 0; i < n; ++i) {
        x[i] = i % 10;
        for (int j = 0; j < n; ++j)
            if ((i * 13 + j * 7) % 11 == 0 || i == 5) { col.push_back(j); value.push_back((i + j) % 4 - 1); }
        ptr.push_back(static_cast<int>(col.size()));
    }
    for (int i = 0; i < n; ++i) for (int j = ptr[i]; j < ptr[i + 1]; ++j) want[i] += value[j] * (col[j] % 10);
    int *d_ptr, *d_col;
    double *d_value, *d_x, *d_y;
    cudaMalloc(&d_ptr, ptr.size() * sizeof(int)); cudaMalloc(&d_col, col.size() * sizeof(int));
    cudaMalloc(&d_value, value.size() * sizeof(double));
    cudaMalloc(&d_x, n * sizeof(double)); cudaMalloc(&d_y, n * sizeof(double));
    cudaMemcpy(d_ptr, ptr.data(), ptr.size() * sizeof(int), cudaMemcpyDefault);
    cudaMemcpy(d_col, col.data(), col.size() * sizeof(int), cudaMemcpyDefault);
    cudaMemcpy(d_value, value.data(), value.size() * sizeof(double), cudaMemcpyDefault);
    cudaMemcpy(d_x, x.data(), n * sizeof(double), cudaMemcpyDefault);
    CsrMatrix a{n, d_ptr, d_col, d_value};
    for (int method = 0; method < 2; ++method) {
        cudaMemset(d_y, 0xff, n * sizeof(double));
        if (method == 0)
            spmv_scalar<<<2, 64>>>(a, d_x, d_y);
        else
            spmv_vector<<<(n * 32 + 127) / 128, 128>>>(a, d_x, d_y);
        cudaMemcpy(y.data(), d_y, n * sizeof(double), cudaMemcpyDefault);
        std::printf("%s\n", y == want ? "right" : "WRONG");
    }
    for (void* p : {(void*)d_ptr, (void*)d_col, (void*)d_value, (void*)d_x, (void*)d_y}) cudaFree(p);
}
// expect: right
// expect: right
