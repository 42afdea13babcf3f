/// @file
/// Memory and shapes: Buffer owns bytes on one device, Tensor gives them a shape, Scratch lends them for a
/// moment.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.hpp"
#include "common/tensor/bfloat16.hpp"
#include "common/tensor/device.hpp"

namespace kbk {

/// Aligned memory for a number of values on one device. Moves, never copies by accident; contents start
/// undefined.
template <class T>
class Buffer {
  public:
    Buffer() = default;

    /// @param device where the memory lies
    /// @param count  number of values
    Buffer(Device device, std::int64_t count)
        : device_(device),
          count_(count),
          memory_(reinterpret_cast<T*>(allocate(device, static_cast<std::size_t>(count) * sizeof(T))),
                  Release{device}) {}

    /// @return address of the first value, in the device's address space
    [[nodiscard]] T* data() const { return memory_.get(); }
    /// @return number of values
    [[nodiscard]] std::int64_t size() const { return count_; }
    /// @return where the memory lies
    [[nodiscard]] Device device() const { return device_; }

  private:
    struct Release {
        Device device = Device::cpu;
        void operator()(T* memory) const noexcept { release(device, reinterpret_cast<std::byte*>(memory)); }
    };
    Device device_ = Device::cpu;
    std::int64_t count_ = 0;
    std::unique_ptr<T[], Release> memory_;
};

/// Sizes of a tensor's dimensions: at most five, outermost first.
class Shape {
  public:
    static constexpr int max_rank = 5;  ///< batch, channels, depth or heads, height, width
    static constexpr std::int64_t max_count = std::int64_t{1} << 48;  ///< values

    Shape() = default;

    /// @param sizes from the outermost dimension to the innermost; none negative
    Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}

    /// @param sizes from the outermost dimension to the innermost; none negative
    /// @throws Error for more than five dimensions, a negative size, or more values than any memory holds
    explicit Shape(std::span<const std::int64_t> sizes) : rank_(static_cast<int>(sizes.size())) {
        require(rank_ <= max_rank, "a tensor has at most {} dimensions, not {}", max_rank, rank_);
        for (int i = 0; i < rank_; ++i) {
            require(sizes[i] >= 0, "dimension {} of a shape is negative: {}", i, sizes[i]);
            sizes_[i] = sizes[i];
        }
        // The number of values must not wrap around to a small one.
        for (std::int64_t i = 0, n = 1; i < rank_; n *= sizes_[std::size_t(i++)])
            require(n == 0 || sizes[std::size_t(i)] <= max_count / n,
                    "a shape of {} is larger than any memory", text());
    }

    /// @return number of dimensions
    [[nodiscard]] int rank() const { return rank_; }
    /// @return size of dimension i; negative i counts from the end
    [[nodiscard]] std::int64_t operator[](int i) const { return sizes_[i < 0 ? rank_ + i : i]; }
    /// @return product of all sizes: 1 for rank 0
    [[nodiscard]] std::int64_t count() const {
        std::int64_t n = 1;
        for (int i = 0; i < rank_; ++i) n *= sizes_[i];
        return n;
    }
    /// @return the sizes, outermost first
    [[nodiscard]] std::span<const std::int64_t> sizes() const { return {sizes_.data(), std::size_t(rank_)}; }
    /// @return such as "(128, 784)"
    [[nodiscard]] std::string text() const;

    bool operator==(const Shape&) const = default;

  private:
    int rank_ = 0;
    std::array<std::int64_t, max_rank> sizes_{};
};

/// A row-major array on one device. No strides, no lazy evaluation, no autograd: `data()` and `shape()` are
/// all.
/// @tparam T float, double, std::int32_t, std::uint8_t or bfloat16
template <class T>
class Tensor {
  public:
    Tensor() = default;

    /// @param shape  sizes of the dimensions
    /// @param device where the values lie; they start undefined
    explicit Tensor(Shape shape, Device device = Device::cpu)
        : shape_(shape), buffer_(device, shape.count()) {}

    /// A tensor of given values, on the host.
    /// @param shape  sizes of the dimensions
    /// @param values row-major, as many as the shape holds
    /// @throws Error when the numbers differ
    Tensor(Shape shape, std::span<const T> values) : Tensor(shape) {
        require(std::ssize(values) == size(), "a tensor of shape {} holds {} values, not {}", shape.text(),
                size(), values.size());
        copy(Device::cpu, data(), Device::cpu, values.data(), values.size_bytes());
    }

    /// @return sizes of the dimensions
    [[nodiscard]] const Shape& shape() const { return shape_; }
    /// @return size of dimension i; negative i counts from the end
    [[nodiscard]] std::int64_t shape(int i) const { return shape_[i]; }
    /// @return number of values
    [[nodiscard]] std::int64_t size() const { return shape_.count(); }
    /// @return where the values lie
    [[nodiscard]] Device device() const { return buffer_.device(); }
    /// @return address of the first value, in the device's address space
    [[nodiscard]] T* data() { return buffer_.data(); }
    /// @return address of the first value, in the device's address space
    [[nodiscard]] const T* data() const { return buffer_.data(); }

    /// @return the values, of a tensor on the host
    [[nodiscard]] std::span<T> values() { return {host(), std::size_t(size())}; }
    /// @return the values, of a tensor on the host
    [[nodiscard]] std::span<const T> values() const { return {host(), std::size_t(size())}; }

    /// Take another shape, keeping the memory where it is large enough. The values become undefined, unless
    /// only the shape changes and not the number of values.
    /// @param shape the new shape
    void resize(Shape shape) { resize(shape, device()); }

    /// As above, moving to another device where it differs.
    /// @param shape  the new shape
    /// @param device where the values shall lie
    void resize(Shape shape, Device device) {
        if (shape.count() > buffer_.size() || device != buffer_.device() || !buffer_.data())
            buffer_ = Buffer<T>(device, shape.count());
        shape_ = shape;
    }

    /// Set every value to zero.
    void clear() { kbk::clear(device(), data(), bytes()); }

    /// @param device where the copy shall lie
    /// @return a copy of this tensor there
    [[nodiscard]] Tensor to(Device device) const {
        Tensor result(shape_, device);
        copy(device, result.data(), this->device(), data(), bytes());
        return result;
    }

  private:
    [[nodiscard]] std::size_t bytes() const { return std::size_t(size()) * sizeof(T); }
    [[nodiscard]] T* host() const {
        require(device() == Device::cpu,
                "the values of a tensor on device {} cannot be read on the host; "
                "copy it with to(Device::cpu) first",
                name(device()));
        return buffer_.data();
    }

    Shape shape_{0};
    Buffer<T> buffer_;
};

/// A device's arena for memory that a kernel needs while it runs. It grows in the first steps of a program
/// and then stays: a training step allocates nothing.
class Scratch {
  public:
    /// @param device where its memory lies, and where kernels called with it run
    explicit Scratch(Device device = Device::cpu) : device_(device) {}

    /// @return its device
    [[nodiscard]] Device device() const { return device_; }

    /// Lend memory until the enclosing Frame ends.
    /// @param count number of values
    /// @return address of undefined values, aligned to 64 bytes
    template <class T>
    [[nodiscard]] T* take(std::int64_t count) {
        return reinterpret_cast<T*>(take_bytes(count * static_cast<std::int64_t>(sizeof(T))));
    }

    /// Gives back, at the end of its scope, all that was taken since its beginning.
    class Frame {
      public:
        /// @param scratch the arena
        explicit Frame(Scratch& scratch) : scratch_(scratch), block_(scratch.block_), used_(scratch.used_) {}
        ~Frame() { scratch_.rewind(block_, used_); }
        Frame(const Frame&) = delete;
        Frame& operator=(const Frame&) = delete;

      private:
        Scratch& scratch_;
        std::size_t block_;
        std::int64_t used_;
    };

  private:
    std::byte* take_bytes(std::int64_t bytes);
    void rewind(std::size_t block, std::int64_t used);

    Device device_;
    std::vector<Buffer<std::byte>> blocks_;
    std::size_t block_ = 0;  // index of the block in use
    std::int64_t used_ = 0;  // bytes taken from it
};

/// @param device a device
/// @return the calling thread's own arena there, alive as long as the thread
Scratch& scratch(Device device);

}  // namespace kbk
