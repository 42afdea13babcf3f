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

namespace kbk::test {

/// All bits set: a NaN in every floating-point format, and -1 in every signed integer.
/// @return a float that marks memory which nobody has written
inline float poison() { return std::bit_cast<float>(0xffffffffu); }

/// @param value any float
/// @return whether its bits are those of `poison`
inline bool is_poison(float value) { return std::bit_cast<std::uint32_t>(value) == 0xffffffffu; }

/// Values between two guard zones of poison. They start at an address that is a multiple of sizeof(T) and of nothing
/// more, as a row in the middle of a matrix does: a kernel that counts on aligned pointers fails here.
template <class T>
class Guarded {
  public:
    /// @param values copied between the guards
    explicit Guarded(std::span<const T> values) : count_(values.size()), bytes_((2 * guard + count_) * sizeof(T)) {
        fill(values);
    }

    /// Renew values and guards, as before a kernel's next run.
    /// @param values as many as were given to the constructor
    void fill(std::span<const T> values) {
        std::memset(bytes_.data(), 0xff, bytes_.size());
        if (count_) std::memcpy(data(), values.data(), count_ * sizeof(T));
    }

    /// @return address of the first value
    T* data() { return reinterpret_cast<T*>(bytes_.data()) + guard; }

    /// @return the values
    std::span<T> values() { return {data(), count_}; }

    /// @return what was written outside the values; empty when nothing was
    [[nodiscard]] std::string damage() const {
        const std::size_t begin = guard * sizeof(T), end = begin + count_ * sizeof(T);
        for (std::size_t i = 0; i < bytes_.size(); ++i) {
            if ((i >= begin && i < end) || bytes_[i] == std::byte{0xff}) continue;
            return i < begin ? fmt::format("wrote {} elements before the first", (begin - i + sizeof(T) - 1) / sizeof(T))
                             : fmt::format("wrote {} elements past the last", (i - end) / sizeof(T) + 1);
        }
        return "";
    }

  private:
    static constexpr std::size_t guard = 67;  // wider than a cache line and the widest vector; odd, to misalign
    std::size_t count_;
    std::vector<std::byte> bytes_;
};

}  // namespace kbk::test
