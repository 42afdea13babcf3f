/// @file
/// An array in device memory that has a name, so that the checker can speak of it.
#pragma once

#include <cstddef>
#include <vector>

#include "common/cuda/runtime.hpp"

namespace kbk::lesson {

/// Device memory from its construction to its end: cudaMalloc, cudaMemcpy, cudaFree.
/// @tparam T what it holds
template <class T>
class DeviceArray {
  public:
    /// Memory that nobody has written.
    /// @param name  what messages and profiles call it: a string that lives as long as the array
    /// @param count elements
    DeviceArray(const char* name, std::size_t count)
        : data_(static_cast<T*>(cuda::allocate(count * sizeof(T), name))), count_(count) {}

    /// A copy of host memory.
    /// @param name   what messages and profiles call it
    /// @param values elements
    DeviceArray(const char* name, const std::vector<T>& values) : DeviceArray(name, values.size()) {
        cuda::copy(data_, values.data(), count_ * sizeof(T));
    }

    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;
    ~DeviceArray() { cuda::release(data_); }

    /// @return its address on the device: for kernels only
    [[nodiscard]] T* data() const { return data_; }

    /// @return a copy of its elements on the host
    [[nodiscard]] std::vector<T> values() const {
        std::vector<T> host(count_);
        cuda::copy(host.data(), data_, count_ * sizeof(T));
        return host;
    }

  private:
    T* data_;
    std::size_t count_;
};

}  // namespace kbk::lesson
