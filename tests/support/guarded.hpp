/// @file
/// Memory that notices when a kernel writes where it should not, or reads what nobody wrote.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/tensor/tensor.hpp"

namespace kbk::test {

/// All bits set: a NaN in every floating-point format, and -1 in every signed integer.
/// @return a float that marks memory which nobody has written
inline float poison() { return std::bit_cast<float>(0xffffffffu); }

/// @param value any float
/// @return whether its bits are those of `poison`
inline bool is_poison(float value) { return std::bit_cast<std::uint32_t>(value) == 0xffffffffu; }

/// How a test's values lie in memory.
enum class Lie {
    guarded,  ///< between two guard zones of poison, at an address that is a multiple of sizeof(T) and of nothing more,
              ///< as a row in the middle of a matrix is: a kernel that counts on aligned pointers fails here
    alone     ///< a buffer of their own, aligned as tensors are: the CUDA emulator stops at the first byte beyond it
};

/// Values on one device, with the means to see what a kernel did outside of them.
template <class T>
class Guarded {
  public:
    /// @param values copied to the device
    /// @param device where they lie
    /// @param place  how
    explicit Guarded(std::span<const T> values, Device device = Device::cpu,
                     Lie place = Lie::guarded)
        : guard_(place == Lie::guarded ? zone : 0),
          count_(values.size()),
          image_((2 * guard_ + count_) * sizeof(T)),
          memory_(device, std::ssize(image_)) {
        fill(values);
    }

    /// Renew values and guards, as before a kernel's next run.
    /// @param values as many as were given to the constructor
    void fill(std::span<const T> values) {
        if (image_.empty()) return;
        std::memset(image_.data(), 0xff, image_.size());
        if (count_) std::memcpy(image_.data() + begin(), values.data(), count_ * sizeof(T));
        copy(memory_.device(), memory_.data(), Device::cpu, image_.data(), image_.size());
    }

    /// @return address of the first value, on the device
    T* data() { return reinterpret_cast<T*>(memory_.data()) + guard_; }

    /// @return a copy of the values, on the host
    [[nodiscard]] std::vector<T> values() const {
        std::vector<T> found(count_);
        const std::vector<std::byte> now = bytes();
        if (count_) std::memcpy(found.data(), now.data() + begin(), count_ * sizeof(T));
        return found;
    }

    /// @return what was written outside the values; empty when nothing was
    [[nodiscard]] std::string damage() const {
        const std::vector<std::byte> now = bytes();
        const std::size_t first = begin(), end = first + count_ * sizeof(T);
        for (std::size_t i = 0; i < now.size(); ++i) {
            if ((i >= first && i < end) || now[i] == std::byte{0xff}) continue;
            return i < first ? fmt::format("wrote {} elements before the first", (first - i + sizeof(T) - 1) / sizeof(T))
                             : fmt::format("wrote {} elements past the last", (i - end) / sizeof(T) + 1);
        }
        return "";
    }

  private:
    static constexpr std::size_t zone = 67;  // wider than a cache line and the widest vector; odd, to misalign

    [[nodiscard]] std::size_t begin() const { return guard_ * sizeof(T); }
    [[nodiscard]] std::vector<std::byte> bytes() const {
        std::vector<std::byte> now(image_.size());
        if (!now.empty()) copy(Device::cpu, now.data(), memory_.device(), memory_.data(), now.size());
        return now;
    }

    std::size_t guard_;
    std::size_t count_;
    std::vector<std::byte> image_;  // what was written last
    Buffer<std::byte> memory_;
};

}  // namespace kbk::test
