// Mandelbrot set: complex numbers three ways, a picture in letters, function templates with if constexpr.
#include <cuComplex.h>
#include <cstdio>
#include <vector>
#include <type_traits>

struct Complex {
    float re, im;
    __device__ Complex(float r, float i) : re(r), im(i) {}
    __device__ float norm2() const { return re * re + im * im; }
    __device__ Complex operator*(const Complex& o) const { return {re * o.re - im * o.im, im * o.re + re * o.im}; }
    __device__ Complex operator+(const Complex& o) const { return {re + o.re, im + o.im}; }
};

template <class Z> __device__ int iterate(float x, float y, int most) {
    int n = 0;
    if constexpr (std::is_same_v<Z, Complex>) {
        Complex c(x, y), z(0, 0);
        while (n < most && z.norm2() < 4) { z = z * z + c; ++n; }
    } else if constexpr (std::is_same_v<Z, cuFloatComplex>) {
        cuFloatComplex c = make_cuFloatComplex(x, y), z = make_cuFloatComplex(0, 0);
        while (n < most && cuCabsf(z) < 2) { z = cuCaddf(cuCmulf(z, z), c); ++n; }
    } else {
        Z zx = 0, zy = 0;
        while (n < most && zx * zx + zy * zy < 4) { Z t = zx * zx - zy * zy + x; zy = 2 * zx * zy + y; zx = t; ++n; }
    }
    return n;
}

template <class Z> __global__ void render(char* image, int w, int h) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, j = blockIdx.y * blockDim.y + threadIdx.y;
    if (i >= w || j >= h) return;
    int n = iterate<Z>(-2.25f + 3.25f * i / w, -1.3f + 2.6f * j / h, 60);
    image[j * w + i] = n >= 60 ? '#' : n > 8 ? '+' : n > 3 ? '.' : ' ';
}

int main() {
    const int w = 48, h = 20;
    char* d;
    std::vector<char> image[3];
    cudaMalloc(&d, w * h);
    const dim3 block(16, 4), grid((w + 15) / 16, (h + 3) / 4);
    render<Complex><<<grid, block>>>(d, w, h);
    image[0].resize(w * h); cudaMemcpy(image[0].data(), d, w * h, cudaMemcpyDeviceToHost);
    render<cuFloatComplex><<<grid, block>>>(d, w, h);
    image[1].resize(w * h); cudaMemcpy(image[1].data(), d, w * h, cudaMemcpyDeviceToHost);
    render<double><<<grid, block>>>(d, w, h);
    image[2].resize(w * h); cudaMemcpy(image[2].data(), d, w * h, cudaMemcpyDeviceToHost);
    int apart = 0;
    for (int i = 0; i < w * h; i++) apart += (image[0][i] != image[1][i]) + (image[0][i] != image[2][i]);
    printf("|%.*s|\n%s\n", w, image[2].data() + 10 * w, apart < 10 ? "nearly alike" : "DIFFERENT");
    cudaFree(d);
}
// expect: |    #################################++.....    |
// expect: nearly alike
