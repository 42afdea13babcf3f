/// @file
/// An array in device memory with a name, for tests of kernels.
#pragma once

#include <string>
#include <vector>

#include "common/cuda/runtime.hpp"

namespace kbk::test {

/// Owns device memory. The name is what messages and tables call it.
template <class T>
class DeviceArray {
  public:
    /// Memory that nobody has written. @param name of the array @param count of its elements
    DeviceArray(const char* name, std::size_t count)
        : memory_(static_cast<T*>(cuda::allocate(count * sizeof(T), name))), count_(count) {}
    /// Memory with values. @param name of the array @param values to copy there
    DeviceArray(const char* name, const std::vector<T>& values) : DeviceArray(name, values.size()) {
        cuda::copy(memory_, values.data(), count_ * sizeof(T));
    }
    ~DeviceArray() { cuda::release(memory_); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;

    /// @return its address on the device
    operator T*() const { return memory_; }
    /// @return its values
    [[nodiscard]] std::vector<T> values() const {
        std::vector<T> host(count_);
        cuda::copy(host.data(), memory_, count_ * sizeof(T));
        return host;
    }

  private:
    T* memory_;
    std::size_t count_;
};

/// @param count how many @return ones
inline std::vector<float> ones(std::size_t count) { return std::vector<float>(count, 1.0f); }

}  // namespace kbk::test
