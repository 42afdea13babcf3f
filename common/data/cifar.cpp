#include "common/data/cifar.hpp"

#include <algorithm>
#include <vector>

#include "common/base/error.hpp"
#include "common/data/contents.hpp"

namespace kbk {

CifarRecords read_cifar(std::span<const std::filesystem::path> files) {
    constexpr std::int64_t pixels = 3 * 32 * 32, record = 1 + pixels, classes = 10;
    // No published file holds more than 10,000 records; a hundred times that is no file of this format.
    constexpr std::int64_t limit = 1'000'000 * record;

    std::vector<Tensor<std::uint8_t>> contents;
    std::int64_t count = 0;
    for (const auto& file : files) {
        contents.push_back(read_contents(file, limit + 1));
        const std::int64_t size = contents.back().size();
        require(size <= limit, "{} is too long for a file of CIFAR-10: more than {} records", file.string(), limit / record);
        require(size > 0 && size % record == 0,
                "{} holds {} bytes; a file of CIFAR-10 is a row of records of {} bytes each, so it is {}", file.string(),
                size, record, size == 0 ? "empty" : "cut off, or of another format");
        for (std::int64_t at = 0; at < size; at += record)
            require(contents.back().data()[at] < classes, "{}: label {} of record {} is out of range: there are classes 0 to {}",
                    file.string(), contents.back().data()[at], at / record, classes - 1);
        count += size / record;
    }

    // Part labels from pixels.
    CifarRecords all{Tensor<std::uint8_t>({count, 3, 32, 32}), Tensor<std::uint8_t>({count})};
    std::uint8_t *label = all.labels.data(), *image = all.images.data();
    for (const auto& bytes : contents)
        for (std::int64_t at = 0; at < bytes.size(); at += record) {
            *label++ = bytes.data()[at];
            image = std::copy_n(bytes.data() + at + 1, pixels, image);
        }
    return all;
}

}  // namespace kbk
