/// @file
/// Random numbers by counting: the n-th number of a stream is a pure function of (seed, stream, n).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace kbk {

/// A stream of random numbers from Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As
/// Easy as 1, 2, 3; SC 2011), through Random123. It has no state to save, copy or share between threads: any
/// element can be asked for in any order, and is the same on every machine and device.
class Philox {
  public:
    /// @param seed   the user's seed
    /// @param stream which of the seed's 2^64 independent streams; name one for each use (see `stream_id`)
    explicit Philox(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

    /// @return the index-th block of four random words
    [[nodiscard]] std::array<std::uint32_t, 4> block(std::uint64_t index) const;

    /// @return the index-th 32-bit word: element index % 4 of block index / 4
    [[nodiscard]] std::uint32_t word(std::uint64_t index) const { return block(index / 4)[index % 4]; }

    /// @return the index-th uniform number in [0, 1): 24 random bits, exact in float
    [[nodiscard]] float uniform(std::uint64_t index) const { return to_uniform(word(index)); }

    /// Fill with uniform numbers in [low, high).
    /// @param out  receives elements 0, 1, 2, ... of the stream
    /// @param low  smallest value
    /// @param high bound above
    void fill_uniform(std::span<float> out, float low, float high) const;

    /// Fill with normal numbers (Box-Muller in double precision, on the host: the last bits depend on the
    /// maths library, so normals are made once and copied).
    /// @param out       receives elements 0, 1, 2, ... of the stream
    /// @param mean      mean
    /// @param deviation standard deviation
    void fill_normal(std::span<float> out, float mean, float deviation) const;

    /// Shuffle with all orders equally likely, up to the 2^-32 bias of a multiply-shift bound (Fisher-Yates).
    /// @param values any random-access sequence of at most 2^32 elements
    template <class T>
    void shuffle(std::span<T> values) const {
        for (std::uint64_t i = values.size(); i > 1; --i) {
            const std::uint64_t j = (std::uint64_t{word(i)} * i) >> 32;
            std::swap(values[i - 1], values[j]);
        }
    }

    /// @return the word as a uniform number in [0, 1)
    static float to_uniform(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

  private:
    std::uint64_t seed_;
    std::uint64_t stream_;
};

/// A stream's number from its name and, where a use needs many streams, an index (an epoch, a layer).
/// @param name  what the numbers are for, such as "shuffle"
/// @param index which of them
/// @return FNV-1a hash of the name, mixed with the index
constexpr std::uint64_t stream_id(std::string_view name, std::uint64_t index = 0) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash + index * 0x9e3779b97f4a7c15u;
}

}  // namespace kbk
