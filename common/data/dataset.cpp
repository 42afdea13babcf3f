#include "common/data/dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/philox.hpp"
#include "common/base/threads.hpp"
#include "common/data/cifar.hpp"
#include "common/data/find.hpp"
#include "common/data/idx.hpp"

namespace kbk {

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string_view>;

// Images as bytes (n, channels, rows, columns), and their labels as bytes (n).
struct Raw {
    Tensor<std::uint8_t> images, labels;
};

// MNIST and what was made in its likeness: a file of grey images and a file of labels.
Raw read_idx_pair(std::span<const fs::path> files) {
    Raw raw{read_idx(files[0], 3), read_idx(files[1], 1)};
    const Shape shape = raw.images.shape();
    require(shape[0] == raw.labels.size(), "{} holds {} images, but {} holds {} labels", files[0].string(),
            shape[0], files[1].string(), raw.labels.size());
    raw.images.resize({shape[0], 1, shape[1], shape[2]});
    return raw;
}

// CIFAR-10's records, in one file or several.
Raw read_records(std::span<const fs::path> files) {
    CifarRecords records = read_cifar(files);
    return {std::move(records.images), std::move(records.labels)};
}

// A new data set is one more row, and a reader if its format is new.
struct ImageSet {
    std::string_view name;
    std::string_view package;  // Debian package that brings it; empty for none
    Raw (*read)(std::span<const fs::path> files);
    Names training, test;  // files of the two parts, as the reader wants them
    Shape image;           // (channels, rows, columns)
    Names classes;
};

const std::array<ImageSet, 3>& registry() {
    static const Names training = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
    static const Names test = {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    static const Names digits = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    static const Names clothes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                  "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
    static const Names batches = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                  "data_batch_5.bin"};
    static const Names objects = {"airplane", "automobile", "bird",  "cat",  "deer",
                                  "dog",      "frog",       "horse", "ship", "truck"};
    static const std::array<ImageSet, 3> sets = {{
        {"mnist", "", read_idx_pair, training, test, {1, 28, 28}, digits},
        {"fashion-mnist", "dataset-fashion-mnist", read_idx_pair, training, test, {1, 28, 28}, clothes},
        {"cifar-10", "", read_records, batches, {"test_batch.bin"}, {3, 32, 32}, objects},
    }};
    return sets;
}

// Read one part of a data set, and check that it is what the set's row announces.
ImageDataset read_part(const ImageSet& set, std::span<const fs::path> files) {
    Raw raw = set.read(files);
    const Shape shape = raw.images.shape();
    const std::string where = files.front().string();
    require(shape[0] > 0, "{} holds no images", where);
    require(shape[0] <= std::numeric_limits<std::int32_t>::max(), "{} holds {} images; at most 2^31 - 1 fit",
            where, shape[0]);
    const Shape wanted{shape[0], set.image[0], set.image[1], set.image[2]};
    require(shape == wanted, "{} holds images of shape {}; those of {} have {}", where, shape.text(),
            set.name, wanted.text());

    ImageDataset part{std::string(set.name),
                      std::move(raw.images),
                      Tensor<std::int32_t>({shape[0]}),
                      {set.classes.begin(), set.classes.end()}};
    const std::span<const std::uint8_t> labels = raw.labels.values();
    const auto bad =
        std::ranges::find_if(labels, [&](std::uint8_t label) { return label >= set.classes.size(); });
    require(bad == labels.end(), "{}: label {} of image {} is out of range: {} has classes 0 to {}",
            files.back().string(), bad == labels.end() ? 0 : *bad, bad - labels.begin(), set.name,
            set.classes.size() - 1);
    std::ranges::copy(labels, part.labels.data());
    return part;
}

// Values in one sample of (n, ...): right for n = 0, too.
std::int64_t sample_size(const Shape& shape) {
    return Shape(shape.sizes().subspan(1)).count();
}

}  // namespace

std::vector<std::string> image_sets() {
    std::vector<std::string> names;
    for (const ImageSet& set : registry()) names.emplace_back(set.name);
    return names;
}

ImageData load_images(std::string_view name, const fs::path& data_dir) {
    const auto set = std::ranges::find(registry(), name, &ImageSet::name);
    if (set == registry().end()) {
        std::string known;
        for (const std::string& choice : image_sets()) known += (known.empty() ? "" : ", ") + choice;
        fail("unknown data set \"{}\"; the choices are: {}", name, known);
    }

    Names names = set->training;
    names.insert(names.end(), set->test.begin(), set->test.end());
    const DataFiles found = find_data(name, names, data_dir, set->package);
    const std::span<const fs::path> files(found.files);
    try {
        return {read_part(*set, files.first(set->training.size())),
                read_part(*set, files.subspan(set->training.size())), found.folder.string()};
    } catch (const Error& error) {
        fail("{}; put a good copy in its place (./course data {} gets one)", error.what(), name);
    }
}

Tensor<float> scaled(const Tensor<std::uint8_t>& images, float low, float high) {
    // Compute the 256 values once. An explicit fma rounds the same way on every machine; left to itself, the
    // compiler fuses the two operations only where the processor can.
    std::array<float, 256> value;
    for (int v = 0; v < 256; ++v) value[v] = std::fma(high - low, static_cast<float>(v) / 255.0f, low);

    Tensor<float> result(images.shape());
    const std::uint8_t* in = images.values().data();
    float* out = result.data();
    parallel_ranges(images.size(), std::int64_t{1} << 20, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) out[i] = value[in[i]];
    });
    return result;
}

Tensor<float> flattened(Tensor<float> images) {
    images.resize({images.shape(0), sample_size(images.shape())});
    return images;
}

void gather(const Tensor<float>& samples, const Tensor<std::int32_t>& labels,
            std::span<const std::int32_t> which, Tensor<float>& x, Tensor<std::int32_t>& y) {
    const std::int64_t n = samples.shape(0);
    require(labels.shape() == Shape{n}, "{} samples need labels of shape ({}), not {}", n, n,
            labels.shape().text());

    // The batch has the samples' shape, but for the number of them.
    std::array<std::int64_t, Shape::max_rank> sizes{};
    std::ranges::copy(samples.shape().sizes(), sizes.begin());
    sizes[0] = std::ssize(which);
    x.resize(Shape(std::span<const std::int64_t>(sizes).first(std::size_t(samples.shape().rank()))));
    y.resize({std::ssize(which)});

    const std::int64_t length = sample_size(samples.shape());
    const float* source = samples.values().data();
    const std::int32_t* label = labels.values().data();
    float* target = x.values().data();
    std::int32_t* target_label = y.values().data();
    for (const std::int32_t i : which) {
        require(i >= 0 && i < n, "sample {} does not exist: there are {}", i, n);
        target = std::copy_n(source + i * length, length, target);
        *target_label++ = label[i];
    }
}

Split split(std::int64_t count, std::int64_t validation, std::uint64_t seed) {
    require(validation >= 0 && validation <= count, "cannot hold out {} of {} samples", validation, count);
    std::vector<std::int32_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    Philox(seed, stream_id("split")).shuffle(std::span(all));
    return {{all.begin() + validation, all.end()}, {all.begin(), all.begin() + validation}};
}

}  // namespace kbk
