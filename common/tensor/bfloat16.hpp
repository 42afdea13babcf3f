/// @file
/// bfloat16: the upper half of a float.
#pragma once

#include <bit>
#include <cstdint>

#include "common/base/host_device.hpp"

namespace kbk {

/// A float with 8 exponent and 8 significant bits (7 stored): float32's range at a relative error of up to
/// 2^-8. Storage only: convert to float to compute.
struct bfloat16 {
    std::uint16_t bits;  ///< the float's upper 16 bits

    /// @param value rounded to the nearest bfloat16, ties to even; NaN stays NaN
    /// @return the rounded value
    KBK_HD static bfloat16 round(float value) {
        const auto word = std::bit_cast<std::uint32_t>(value);
        if ((word & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>((word >> 16) | 0x0040u)};
        return {static_cast<std::uint16_t>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16)};
    }

    /// @return the value, exactly
    KBK_HD explicit operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

}  // namespace kbk
