#include "common/data/augment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/base/error.hpp"
#include "common/base/philox.hpp"
#include "common/base/threads.hpp"

namespace kbk {

namespace {

/// What happens to one image.
struct Change {
    std::int64_t down, right;  // whole pixels
    bool flipped;
    double zoom, angle;        // share of the image that is kept; radians
    double centre_y, centre_x; // of the part kept, from the image's centre in shares of its free room: -1 to 1
};

// Pixel (i, j) of the moved and flipped plane; zero outside.
float moved(const float* plane, std::int64_t height, std::int64_t width, const Change& c, std::int64_t i, std::int64_t j) {
    if (i < 0 || i >= height || j < 0 || j >= width) return 0;
    const std::int64_t row = i - c.down, column = (c.flipped ? width - 1 - j : j) - c.right;
    return row < 0 || row >= height || column < 0 || column >= width ? 0 : plane[row * width + column];
}

void change_plane(const float* from, float* to, std::int64_t height, std::int64_t width, const Change& c) {
    if (c.zoom == 1 && c.angle == 0) {
        for (std::int64_t i = 0; i < height; ++i)
            for (std::int64_t j = 0; j < width; ++j) to[i * width + j] = moved(from, height, width, c, i, j);
        return;
    }
    // Where each pixel comes from lies between four pixels: take their mean, weighted by nearness.
    const double middle_y = double(height - 1) / 2, middle_x = double(width - 1) / 2;
    const double cosine = c.zoom * std::cos(c.angle), sine = c.zoom * std::sin(c.angle);
    const double offset_y = middle_y + c.centre_y * (1 - c.zoom) * middle_y,
                 offset_x = middle_x + c.centre_x * (1 - c.zoom) * middle_x;
    for (std::int64_t i = 0; i < height; ++i)
        for (std::int64_t j = 0; j < width; ++j) {
            const double y = double(i) - middle_y, x = double(j) - middle_x;
            const double row = offset_y + cosine * y + sine * x, column = offset_x - sine * y + cosine * x;
            const double top = std::floor(row), left = std::floor(column);
            const auto r = static_cast<std::int64_t>(top), l = static_cast<std::int64_t>(left);
            const auto below = float(row - top), beside = float(column - left);
            const auto at = [&](std::int64_t a, std::int64_t b) { return moved(from, height, width, c, a, b); };
            to[i * width + j] = (1 - below) * ((1 - beside) * at(r, l) + beside * at(r, l + 1)) +
                                below * ((1 - beside) * at(r + 1, l) + beside * at(r + 1, l + 1));
        }
}

}  // namespace

void augment(const Augmentation& limits, Tensor<float>& images, std::uint64_t seed, std::uint64_t first) {
    require(images.shape().rank() == 4, "augmentation takes images (n, channels, height, width), not a tensor of shape {}",
            images.shape().text());
    require(limits.shift >= 0, "augmentation by a shift of {}; it must be at least 0", limits.shift);
    require(limits.crop > 0 && limits.crop <= 1, "augmentation by crops of {}; their share must be in (0, 1]", limits.crop);
    require(limits.rotation >= 0 && limits.rotation <= 180, "augmentation by {} degrees; it must be 0 to 180",
            limits.rotation);
    require(limits.colour >= 0 && limits.colour < 1, "augmentation of colours by {}; it must be in [0, 1)", limits.colour);
    const std::int64_t count = images.shape(0), channels = images.shape(1), height = images.shape(2),
                       width = images.shape(3), size = channels * height * width;

    // An image's random words: two blocks for its geometry, then one a channel.
    const Philox random(seed, stream_id("augment"));
    const std::uint64_t blocks = 2 + (std::uint64_t(channels) + 3) / 4;
    Scratch& arena = scratch(Device::cpu);
    const Scratch::Frame frame(arena);
    float* copies = arena.take<float>(images.size());
    float* all = images.data();

    parallel_for(count, [&, copies, all](std::int64_t n) {
        const std::uint64_t block = (first + std::uint64_t(n)) * blocks;
        const auto a = random.block(block), b = random.block(block + 1);
        const auto between = [](std::uint32_t word, double low, double high) {
            return low + double(Philox::to_uniform(word)) * (high - low);
        };
        const auto whole = [&](std::uint32_t word) {
            const auto choices = std::uint64_t(2 * limits.shift + 1);
            return std::int64_t((word * choices) >> 32) - limits.shift;
        };
        const Change change{.down = whole(a[0]),
                            .right = whole(a[1]),
                            .flipped = limits.flip && (a[2] >> 31),
                            .zoom = limits.crop < 1 ? between(a[3], limits.crop, 1) : 1,
                            .angle = between(b[0], -1, 1) * limits.rotation * std::numbers::pi / 180,
                            .centre_y = between(b[1], -1, 1),
                            .centre_x = between(b[2], -1, 1)};

        float* image = all + n * size;
        float* copy = copies + n * size;
        std::copy_n(image, size, copy);
        for (std::int64_t channel = 0; channel < channels; ++channel) {
            float* plane = image + channel * height * width;
            change_plane(copy + channel * height * width, plane, height, width, change);
            if (limits.colour == 0) continue;
            const auto words = random.block(block + 2 + std::uint64_t(channel) / 4);
            const auto factor = float(between(words[std::size_t(channel % 4)], 1 - limits.colour, 1 + limits.colour));
            for (std::int64_t i = 0; i < height * width; ++i) plane[i] *= factor;
        }
    });
}

}  // namespace kbk
