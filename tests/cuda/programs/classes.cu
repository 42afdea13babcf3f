// C++ in the large: RAII buffers, exceptions, functors, operators for host and device, virtual-free polymorphism.
#include <cuda_runtime.h>
#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>
#ifdef __CUDACC__
#define HD __host__ __device__
#else
#define HD
#endif
using namespace std;

#define TRY(expr)                                                                              \
    do {                                                                                       \
        cudaError_t status = expr;                                                             \
        if (status != cudaSuccess) {                                                           \
            ostringstream s;                                                                   \
            s << __FILE__ << ":" << __LINE__ << " " << cudaGetErrorString(status);             \
            throw runtime_error(s.str());                                                      \
        }                                                                                      \
    } while (false)

template <typename T> class DeviceVector {
public:
    explicit DeviceVector(size_t n) : size_(n) { TRY(cudaMalloc(&data_, n * sizeof(T))); }
    explicit DeviceVector(const vector<T>& v) : DeviceVector(v.size()) { TRY(cudaMemcpy(data_, v.data(), bytes(), cudaMemcpyHostToDevice)); }
    DeviceVector(DeviceVector&& o) noexcept : data_(exchange(o.data_, nullptr)), size_(o.size_) {}
    DeviceVector(const DeviceVector&) = delete;
    ~DeviceVector() { cudaFree(data_); }
    vector<T> host() const { vector<T> v(size_); TRY(cudaMemcpy(v.data(), data_, bytes(), cudaMemcpyDeviceToHost)); return v; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    size_t size() const { return size_; }
    size_t bytes() const { return size_ * sizeof(T); }
private:
    T* data_ = nullptr;
    size_t size_;
};

struct Vec3 {
    float x, y, z;
    HD Vec3(float a = 0, float b = 0, float c = 0) : x(a), y(b), z(c) {}
    HD Vec3 operator+(const Vec3& o) const { return {x + o.x, y + o.y, z + o.z}; }
    HD friend Vec3 operator*(float s, const Vec3& v) { return Vec3(s * v.x, s * v.y, s * v.z); }
    HD float dot(const Vec3& o) const { return x * o.x + y * o.y + z * o.z; }
};

template <class F, class... Rest> struct Chain {
    F f; Chain<Rest...> rest;
    HD float operator()(float x) const { return rest(f(x)); }
};
template <class F> struct Chain<F> { F f; HD float operator()(float x) const { return f(x); } };
struct Scale { float by; HD float operator()(float x) const { return x * by; } };
struct Relu { HD float operator()(float x) const { return max(x, 0.0f); } };

template <class T, class F> __global__ void transform(const T* in, T* out, size_t n, F f) {
    const auto i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < n) out[i] = f(in[i]);
}
__global__ void lengths(const Vec3* v, float* out, int n, Vec3 shift) {
    int i = threadIdx.x;
    if (i < n) { Vec3 w = v[i] + 2.0f * shift; out[i] = sqrtf(w.dot(w)); }
}

template <class T, class F> DeviceVector<T> map(const DeviceVector<T>& in, F f) {
    DeviceVector<T> out(in.size());
    const unsigned threads = 96, blocks = static_cast<unsigned>((in.size() + threads - 1) / threads);
    transform<T, F><<<blocks, threads>>>(in.data(), out.data(), in.size(), f);
    TRY(cudaGetLastError());
    TRY(cudaDeviceSynchronize());
    return out;
}

int main() try {
    vector<float> h(1000);
    iota(h.begin(), h.end(), -500.0f);
    DeviceVector<float> d(h);
    auto r = map(d, Chain<Scale, Relu, Scale>{{2.0f}, {Relu{}, {Scale{0.5f}}}}).host();
    cout << accumulate(r.begin(), r.end(), 0.0) << " " << *max_element(r.begin(), r.end()) << "\n";
    DeviceVector<Vec3> v(vector<Vec3>{{3, 4, 0}, {0, 0, 0}});
    DeviceVector<float> l(2);
    lengths<<<1, 32>>>(v.data(), l.data(), 2, Vec3(0, 0, 6));
    auto ls = l.host();
    cout << ls[0] << " " << ls[1] << endl;
    TRY(cudaSetDevice(3));
    return 0;
} catch (const exception& e) {
    string what = e.what();
    cout << "caught: " << what.substr(what.find("classes.cu")) << endl;
    return 0;
}
// expect: 124750 499
// expect: 13 12
// expect: caught: classes.cu:90 invalid device ordinal
