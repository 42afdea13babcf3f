/// @file
/// The data room: the finder, the readers against whole and broken files, the cache, batches and splits.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/philox.hpp"
#include "common/base/threads.hpp"
#include "common/data/augment.hpp"
#include "common/data/cifar.hpp"
#include "common/data/contents.hpp"
#include "common/data/dataset.hpp"
#include "common/data/find.hpp"
#include "common/data/idx.hpp"

namespace fs = std::filesystem;
using namespace kbk;

namespace {

// A folder that goes away with its scope.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "kbk-data-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryFolder() { fs::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] fs::path operator/(std::string_view name) const { return path_ / name; }

  private:
    fs::path path_;
};

// An environment variable, set or (empty) unset until the end of its scope.
class Variable {
  public:
    Variable(const char* name, const std::string& value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        value.empty() ? unsetenv(name) : setenv(name, value.c_str(), 1);
    }
    ~Variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
    std::optional<std::string> old_;
};

// What every case runs in: a folder, a cache in it, no $KBK_DATA.
struct Place {
    TemporaryFolder folder;
    Variable cache{"XDG_CACHE_HOME", (folder / "cache").string()};
    Variable data{"KBK_DATA", ""};
    [[nodiscard]] fs::path operator/(std::string_view name) const { return folder / name; }
    [[nodiscard]] fs::path decompressed() const { return cache_folder() / "decompressed"; }
};

// A gzip file's bytes.
std::string gzipped(const std::string& contents) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, contents.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(contents.data()));
    stream.avail_in = static_cast<uInt>(contents.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

// An IDX file's bytes.
std::string idx(const std::vector<std::uint32_t>& sizes, const std::string& values, char type = 8) {
    std::string out = {0, 0, type, static_cast<char>(sizes.size())};
    for (const std::uint32_t size : sizes)
        for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift);
    return out + values;
}

// Bytes that differ from each other, and from run to run of the seed.
std::string noise(std::size_t size, std::uint64_t seed = 1) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(Philox(seed).word(i) >> 13);
    return out;
}

std::string as_string(const Tensor<std::uint8_t>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(bytes.size())};
}

// The message of the Error that a call must throw: one or two lines.
template <class Call>
std::string message_of(const Call& call) {
    try {
        call();
    } catch (const Error& error) {
        const std::string message = error.what();
        CHECK_MESSAGE(std::ranges::count(message, '\n') <= 1, message);
        return message;
    }
    FAIL_CHECK("no Error was thrown");
    return "";
}

void check_words(const std::string& message, const std::vector<std::string>& words) {
    for (const std::string& word : words)
        CHECK_MESSAGE(message.find(word) != std::string::npos, message, " | ", word);
}

// Write a small data set in MNIST's files: `count` images whose pixels are noise, labels 0, 1, 2, ...
void write_mnist(const fs::path& folder, std::uint32_t count, const std::string& ending = "") {
    const auto put = [&](const std::string& name, const std::string& contents) {
        write_file(folder / (name + ending), ending.empty() ? contents : gzipped(contents));
    };
    for (const std::string part : {"train", "t10k"}) {
        std::string labels(count, '\0');
        for (std::uint32_t i = 0; i < count; ++i) labels[i] = static_cast<char>(i % 10);
        put(part + "-images-idx3-ubyte", idx({count, 28, 28}, noise(count * 784, count)));
        put(part + "-labels-idx1-ubyte", idx({count}, labels));
    }
}

std::vector<std::int64_t> class_counts(const ImageDataset& part) {
    std::vector<std::int64_t> counts(part.classes.size());
    for (const std::int32_t label : part.labels.values()) ++counts[std::size_t(label)];
    return counts;
}

std::vector<int> first_labels(const ImageDataset& part) {
    const auto first = part.labels.values().first(10);
    return {first.begin(), first.end()};
}

std::int64_t sum(std::span<const std::uint8_t> pixels) {
    return std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0});
}

}  // namespace

TEST_CASE("find: places in their order, plain before gzip") {
    const Place place;
    const std::vector<std::string_view> files = {"a.bin", "b.bin"};
    const auto fill = [&](const fs::path& folder, const std::string& ending) {
        for (const std::string_view file : files) write_file(folder / (std::string(file) + ending), "x");
    };

    fill(cache_folder() / "data" / "toy", ".gz");
    CHECK(find_data("toy", files, "").files[1] == cache_folder() / "data" / "toy" / "b.bin.gz");

    // $KBK_DATA comes before the cache, but only when it has every file.
    const Variable kbk_data("KBK_DATA", (place / "mine").string());
    CHECK(find_data("toy", files, "").folder == cache_folder() / "data" / "toy");
    write_file(place / "mine/toy/a.bin", "x");
    CHECK(find_data("toy", files, "").folder == cache_folder() / "data" / "toy");
    write_file(place / "mine/toy/b.bin.gz", "x");
    const DataFiles mine = find_data("toy", files, "");
    CHECK(mine.folder == place / "mine/toy");
    CHECK(mine.files == std::vector<fs::path>{place / "mine/toy/a.bin", place / "mine/toy/b.bin.gz"});

    // --data comes before everything.
    fill(place / "given/toy", "");
    fill(place / "given/toy", ".gz");
    CHECK(find_data("toy", files, place / "given").files[0] == place / "given/toy/a.bin");
}

TEST_CASE("find: what is missing is named, with the places and the command") {
    const Place place;
    const std::vector<std::string_view> files = {"a.bin", "b.bin"};
    const Variable kbk_data("KBK_DATA", (place / "mine").string());
    write_file(place / "mine/toy/a.bin", "x");

    const std::string nowhere = message_of([&] { find_data("toy", files, "", "dataset-toy"); });
    check_words(nowhere, {"toy", "a.bin and 1 more", (place / "mine/toy").string() + " (lacks b.bin)",
                          "/usr/share/datasets/toy", (cache_folder() / "data/toy").string(),
                          "\nget it with: ./course data toy", "package dataset-toy"});

    // An explicit --data is never passed over, even when the set lies elsewhere.
    write_file(place / "mine/toy/b.bin", "x");
    REQUIRE(find_data("toy", files, "").folder == place / "mine/toy");
    const std::string absent = message_of([&] { find_data("toy", files, place / "no"); });
    check_words(absent, {"--data " + (place / "no").string(), "no such folder", "./course data toy"});
    write_file(place / "part/toy/a.bin", "x");
    const std::string part = message_of([&] { find_data("toy", files, place / "part"); });
    check_words(part, {"--data " + (place / "part").string(), "lacks", "toy/b.bin", "./course data toy"});
}

TEST_CASE("idx: plain and gzip are told apart by contents, not by name") {
    const Place place;
    const std::string values = noise(5 * 4 * 3), file = idx({5, 4, 3}, values);
    write_file(place / "plain", file);
    write_file(place / "plain.gz", file);
    write_file(place / "packed.gz", gzipped(file));
    write_file(place / "packed", gzipped(file));
    const std::size_t middle = file.size() / 2;
    write_file(place / "two.gz", gzipped(file.substr(0, middle)) + gzipped(file.substr(middle)));
    for (const char* name : {"plain", "plain.gz", "packed.gz", "packed", "two.gz"}) {
        CAPTURE(name);
        const Tensor<std::uint8_t> array = read_idx(place / name, 3);
        CHECK(array.shape() == Shape{5, 4, 3});
        CHECK(as_string(array) == values);
    }
    write_file(place / "labels", idx({3}, "abc"));
    CHECK(as_string(read_idx(place / "labels", 1)) == "abc");
    write_file(place / "none", idx({0, 28, 28}, ""));
    CHECK(read_idx(place / "none", 3).shape() == Shape{0, 28, 28});
}

TEST_CASE("idx: broken files are refused with what was expected and found") {
    const Place place;
    const std::string good = idx({5, 4, 3}, noise(60)), packed = gzipped(good);
    std::string damaged = packed, checksum = packed;
    damaged[damaged.size() / 2] ^= 0x10;
    checksum[checksum.size() - 6] ^= 1;
    struct Broken {
        std::string name, contents;
        std::vector<std::string> words;
    };
    const std::string huge = idx({0xffffffff, 0xffffffff, 0xffffffff}, noise(60));
    const std::string terabytes = idx({60000, 20000, 20000}, noise(60));
    const std::vector<Broken> files = {
        {"empty", "", {"is empty", "IDX"}},
        {"empty.gz", gzipped(""), {"is empty", "IDX"}},
        {"three bytes", std::string(3, '\0'), {"not an IDX file", "3 bytes"}},
        {"web page.gz",
         "<!DOCTYPE html>",
         {"not an IDX file, plain or gzipped", "00 00 08 03", "3c 21 44 4f"}},
        {"type", idx({5, 4, 3}, noise(240), 0x0d), {"type 0x0d", "expected 0x08"}},
        {"rank", idx({60}, noise(60)), {"rank 1", "expected rank 3"}},
        {"header cut", good.substr(0, 9), {"cut off", "header of 16 bytes", "found 9"}},
        {"header only", good.substr(0, 16), {"cut off", "expected 76 bytes", "(5, 4, 3)", "found 16"}},
        {"cut", good.substr(0, 75), {"cut off", "expected 76 bytes", "found 75"}},
        {"cut.gz", gzipped(good.substr(0, 75)), {"cut off", "expected 76 bytes", "found 75"}},
        {"long", good + "x", {"too long", "expected 76 bytes"}},
        {"long.gz", gzipped(good + "x"), {"too long", "expected 76 bytes"}},
        {"overflow", huge, {"4294967295", "more than any file"}},
        {"overflow.gz", gzipped(huge), {"more than any file"}},
        {"terabytes", terabytes, {"cut off", "expected 24000000000016", "found 76"}},
        {"terabytes.gz", gzipped(terabytes), {"expected 24000000000016", "found 76"}},
        {"data cut.gz", packed.substr(0, packed.size() - 12), {"cut off", "gzip data end too early"}},
        {"checksum cut.gz", packed.substr(0, packed.size() - 3), {"cut off", "gzip"}},
        {"gzip header cut.gz", packed.substr(0, 5), {"cut off", "gzip"}},
        {"two bytes of gzip.gz", packed.substr(0, 2), {"cut off", "gzip"}},
        {"damaged.gz", damaged, {"damaged", "checksum"}},
        {"wrong checksum.gz", checksum, {"damaged", "checksum"}},
    };
    for (const Broken& file : files) {
        CAPTURE(file.name);
        write_file(place / file.name, file.contents);
        const std::string message = message_of([&] { read_idx(place / file.name, 3); });
        check_words(message, file.words);
        check_words(message, {(place / file.name).string()});
        CHECK(message.find('\n') == std::string::npos);
    }
}

TEST_CASE("idx: a compressed bomb is left after the bytes that its header announces") {
    const Place place;
    const gzFile bomb = gzopen((place / "bomb.gz").c_str(), "wb1");
    const std::string header = idx({5, 4, 3}, ""), zeros(1'000'000, '\0');
    gzwrite(bomb, header.data(), static_cast<unsigned>(header.size()));
    for (int i = 0; i < 200; ++i) gzwrite(bomb, zeros.data(), static_cast<unsigned>(zeros.size()));
    REQUIRE(gzclose(bomb) == Z_OK);
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    check_words(message_of([&] { read_idx(place / "bomb.gz", 3); }), {"too long", "expected 76 bytes"});
    getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 20'000);  // kilobytes
}

TEST_CASE("idx: what is no readable file is refused by name") {
    const Place place;
    fs::create_directory(place / "folder");
    check_words(message_of([&] { read_idx(place / "folder", 3); }),
                {(place / "folder").string(), "folder, not a file"});
    check_words(message_of([&] { read_idx(place / "absent", 3); }),
                {(place / "absent").string(), "no such file"});
    REQUIRE(mkfifo((place / "pipe").c_str(), 0600) == 0);
    check_words(message_of([&] { read_idx(place / "pipe", 3); }),
                {(place / "pipe").string(), "pipe, not a file"});
    if (geteuid() == 0) {
        MESSAGE("skipped: files without permission to read, since root may read them all");
    } else {
        write_file(place / "secret", idx({3}, "abc"));
        chmod((place / "secret").c_str(), 0);
        check_words(message_of([&] { read_idx(place / "secret", 1); }), {"secret", "Permission denied"});
    }
}

TEST_CASE("idx: thousands of mutations are read or refused, never more") {
    const Place place;
    const Variable no_cache("XDG_CACHE_HOME", "/dev/null");
    std::string values = noise(300);
    for (char& value : values) value &= 7;  // gives deflate something to do
    const std::string plain = idx({5, 12, 5}, values), packed = gzipped(plain);
    REQUIRE(packed.size() < plain.size());
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    int read = 0, refused = 0;
    for (std::uint64_t round = 0; round < 4000; ++round) {
        const Philox random(11, round);
        const bool gzip = round % 2;
        std::string file = gzip ? packed : plain;

        // Flip bits, set bytes (often in the header), cut, insert, double a part: up to three of them.
        const std::uint32_t changes = 1 + random.word(0) % 3;
        for (std::uint32_t change = 0; change < changes && !file.empty(); ++change) {
            const auto word = [&](int i) { return random.word(16 * (change + 1) + std::uint64_t(i)); };
            const std::size_t at =
                word(0) % (word(1) % 2 ? file.size() : std::min<std::size_t>(file.size(), 16));
            switch (word(2) % 5) {
                case 0:
                    file[at] = static_cast<char>(file[at] ^ (1 << word(3) % 8));
                    break;
                case 1:
                    file[at] = static_cast<char>(word(3) % 2 ? 0xff : word(4));
                    break;
                case 2:
                    file.resize(word(3) % (file.size() + 1));
                    break;
                case 3:
                    file.insert(at, 1 + word(3) % 9, static_cast<char>(word(4)));
                    break;
                case 4:
                    file += file.substr(at);
                    break;
            }
        }
        std::ofstream(place / "mutant", std::ios::binary | std::ios::trunc) << file;
        try {
            const Tensor<std::uint8_t> array = read_idx(place / "mutant", 3);
            // A checksum guards gzip's contents: what is read there is what was written.
            if (gzip) CHECK(as_string(array) == values);
            ++read;
        } catch (const Error& error) {
            CHECK(std::string(error.what()).find("mutant") != std::string::npos);
            ++refused;
        }
    }
    getrusage(RUSAGE_SELF, &after);
    CHECK(read > 100);
    CHECK(refused > 1000);
    CHECK(after.ru_maxrss - before.ru_maxrss < 100'000);  // kilobytes
}

TEST_CASE("cache: the second read uses it, and it holds the decompressed file") {
    const Place place;
    const std::string contents = noise(300);
    std::string packed = gzipped(contents);
    write_file(place / "file.gz", packed);
    read_contents(place / "file.gz", 9999);
    std::vector<fs::path> entries(fs::directory_iterator(place.decompressed()), {});
    REQUIRE(entries.size() == 1);
    CHECK(read_file(entries[0]) == contents);

    // Break the source in its middle: only a reader that uses the cache does not see it.
    packed[packed.size() / 2] ^= 0x10;
    write_file(place / "file.gz", packed);
    CHECK(as_string(read_contents(place / "file.gz", 9999)) == contents);
    fs::remove(entries[0]);
    CHECK_THROWS_AS(read_contents(place / "file.gz", 9999), Error);
}

TEST_CASE("cache: damaged entries are rebuilt") {
    const Place place;
    const std::string contents = noise(300);
    write_file(place / "file.gz", gzipped(contents));
    read_contents(place / "file.gz", 9999);
    const fs::path entry = *fs::directory_iterator(place.decompressed());
    std::string flipped = contents;
    flipped[100] ^= 1;
    for (const std::string& damage : {flipped, contents.substr(0, 299), contents + "x", std::string()}) {
        std::ofstream(entry, std::ios::binary | std::ios::trunc) << damage;
        CHECK(as_string(read_contents(place / "file.gz", 9999)) == contents);
        CHECK(read_file(entry) == contents);
    }
    fs::remove(entry);
    fs::create_directory(entry);
    CHECK(as_string(read_contents(place / "file.gz", 9999)) == contents);
}

TEST_CASE("cache: a changed source is noticed, at any time and size") {
    const Place place;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const std::string contents = noise(300, seed);
        write_file(place / "file.gz", gzipped(contents));
        fs::last_write_time(place / "file.gz", fs::file_time_type{});
        CHECK(as_string(read_contents(place / "file.gz", 9999)) == contents);
    }

    // Two gzip files in a row end in the second one's checksum. Its cached contents are not those of both.
    const std::string first = noise(50, 4), second = noise(70, 5);
    write_file(place / "second.gz", gzipped(second));
    CHECK(as_string(read_contents(place / "second.gz", 1000)) == second);
    write_file(place / "both.gz", gzipped(first) + gzipped(second));
    CHECK(as_string(read_contents(place / "both.gz", 1000)) == first + second);
}

TEST_CASE("cache: a folder that cannot be written, or a full disk, is no obstacle") {
    const Place place;
    const std::string contents = noise(3000);
    write_file(place / "file.gz", gzipped(contents));
    {
        const Variable nowhere("XDG_CACHE_HOME", "/dev/null");
        CHECK(as_string(read_contents(place / "file.gz", 9999)) == contents);
    }

    // A limit on the size of files fails a write in its middle, as a full disk does.
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    const auto handler = signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string values = as_string(read_contents(place / "file.gz", 9999));
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, handler);
    CHECK(values == contents);
    CHECK(fs::is_empty(place.decompressed()));
}

TEST_CASE("dataset: any number of images, plain or gzipped, is loaded") {
    const Place place;
    write_mnist(place / "plain/mnist", 7);
    write_mnist(place / "packed/mnist", 12, ".gz");
    for (const auto& [folder, count] : {std::pair{"plain", 7}, {"packed", 12}}) {
        const ImageData data = load_images("mnist", place / folder);
        CHECK(data.source == (place / folder / "mnist").string());
        for (const ImageDataset* part : {&data.training, &data.test}) {
            CHECK(part->name == "mnist");
            CHECK(part->classes.size() == 10);
            CHECK(part->images.shape() == Shape{count, 1, 28, 28});
            CHECK(part->labels.shape() == Shape{count});
            CHECK(as_string(part->images) == noise(std::size_t(count) * 784, std::uint64_t(count)));
            for (int i = 0; i < count; ++i) CHECK(part->labels.data()[i] == i % 10);
        }
    }
}

TEST_CASE("dataset: what does not fit together is refused, with the remedy") {
    const Place place;
    const auto refusal = [&](const std::string& file, const std::string& contents) {
        write_mnist(place / "d/mnist", 7);
        write_file(place / "d/mnist" / file, contents);
        const std::string message = message_of([&] { load_images("mnist", place / "d"); });
        check_words(message, {(place / "d/mnist" / file).string(), "./course data mnist"});
        return message;
    };
    check_words(refusal("train-labels-idx1-ubyte", idx({6}, std::string(6, 1))),
                {"holds 7 images", "holds 6 labels"});
    check_words(refusal("t10k-labels-idx1-ubyte", idx({7}, std::string(3, 9) + '\x0a' + std::string(3, 0))),
                {"label 10 of image 3", "0 to 9"});
    check_words(refusal("train-images-idx3-ubyte", idx({7, 28, 27}, noise(7 * 28 * 27))),
                {"(7, 1, 28, 27)", "(7, 1, 28, 28)"});
    check_words(refusal("train-images-idx3-ubyte", idx({7}, noise(7))), {"rank 1", "expected rank 3"});
    write_mnist(place / "none/mnist", 0);
    check_words(message_of([&] { load_images("mnist", place / "none"); }),
                {"holds no images", "./course data mnist"});
    check_words(message_of([&] { load_images("mnsit"); }), {"\"mnsit\"", "mnist, fashion-mnist"});
    CHECK(image_sets() == std::vector<std::string>{"mnist", "fashion-mnist", "cifar-10"});
}

TEST_CASE("dataset: Fashion-MNIST, from the package") {
    const Place place;
    REQUIRE_MESSAGE(fs::exists("/usr/share/datasets/fashion-mnist"),
                    "install the package dataset-fashion-mnist");
    for (const char* how : {"decompressed", "from the cache"}) {
        CAPTURE(how);
        const ImageData data = load_images("fashion-mnist");
        CHECK(data.source == "/usr/share/datasets/fashion-mnist");
        CHECK(data.training.images.shape() == Shape{60000, 1, 28, 28});
        CHECK(data.test.images.shape() == Shape{10000, 1, 28, 28});
        CHECK(class_counts(data.training) == std::vector<std::int64_t>(10, 6000));
        CHECK(class_counts(data.test) == std::vector<std::int64_t>(10, 1000));
        CHECK(first_labels(data.training) == std::vector{9, 0, 0, 3, 0, 2, 7, 2, 5, 5});
        CHECK(first_labels(data.test) == std::vector{9, 2, 1, 1, 6, 1, 4, 6, 5, 7});
        CHECK(data.training.classes[9] == "Ankle boot");

        // Sums of the pixels, counted by another program: of all images, of the first, of the last.
        const auto pixels = data.training.images.values();
        CHECK(sum(pixels) == 3431114169);
        CHECK(sum(pixels.first(784)) == 76247);
        CHECK(sum(pixels.last(784)) == 16684);
        CHECK(sum(data.test.images.values()) == 573469082);
    }
}

TEST_CASE("dataset: MNIST, where $KBK_DATA has it") {
    const char* folder = std::getenv("KBK_DATA");
    if (!folder || !fs::exists(fs::path(folder) / "mnist")) {
        MESSAGE("skipped: no MNIST in $KBK_DATA");
        return;
    }
    const std::string kept = folder;
    const Place place;
    const ImageData data = load_images("mnist", kept);
    CHECK(data.training.images.shape() == Shape{60000, 1, 28, 28});
    CHECK(data.test.images.shape() == Shape{10000, 1, 28, 28});
    CHECK(class_counts(data.training) ==
          std::vector<std::int64_t>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
    CHECK(class_counts(data.test) ==
          std::vector<std::int64_t>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
    CHECK(first_labels(data.training) == std::vector{5, 0, 4, 1, 9, 2, 1, 3, 1, 4});
    CHECK(first_labels(data.test) == std::vector{7, 2, 1, 0, 4, 1, 4, 9, 5, 9});
    CHECK(sum(data.training.images.values()) == 1567298545);
    CHECK(sum(data.test.images.values()) == 264923200);
    CHECK(data.training.classes[3] == "3");
}

TEST_CASE("scaled: exactly the two conversions of PyTorch") {
    std::vector<std::uint8_t> every(2 * 256);
    std::iota(every.begin(), every.end(), std::uint8_t{0});
    const Tensor<std::uint8_t> images({2, 1, 16, 16}, std::span<const std::uint8_t>(every));
    const Tensor<float> unit = scaled(images, 0, 1), symmetric = scaled(images, -1, 1);
    CHECK(unit.shape() == images.shape());
    for (std::size_t i = 0; i < every.size(); ++i) {
        // Store the quotient, so that no compiler fuses it with what follows.
        const volatile float quotient = static_cast<float>(every[i]) / 255.0f;
        const volatile float centred = quotient - 0.5f;
        CHECK(unit.values()[i] == quotient);
        CHECK(symmetric.values()[i] == centred / 0.5f);
    }
    CHECK(scaled(images, -0.5f, 2).values()[255] == 2.0f);
    CHECK(scaled(images, -0.5f, 2).values()[0] == -0.5f);
    CHECK(scaled(Tensor<std::uint8_t>(Shape{0, 3, 2, 2}), 0, 1).shape() == Shape{0, 3, 2, 2});
}

TEST_CASE("flattened: rows of the same values in the same memory") {
    Tensor<float> images({5, 3, 4, 2});
    std::iota(images.values().begin(), images.values().end(), 0.0f);
    const float* memory = images.data();
    const Tensor<float> rows = flattened(std::move(images));
    CHECK(rows.shape() == Shape{5, 24});
    CHECK(rows.data() == memory);
    CHECK(rows.values()[119] == 119);
    CHECK(flattened(Tensor<float>(Shape{0, 3, 4, 2})).shape() == Shape{0, 24});
}

TEST_CASE("gather: the chosen samples, without an allocation") {
    Tensor<float> samples({6, 2, 3});
    std::iota(samples.values().begin(), samples.values().end(), 0.0f);
    Tensor<std::int32_t> labels({6});
    for (int i = 0; i < 6; ++i) labels.values()[std::size_t(i)] = 10 * i;

    Tensor<float> x;
    Tensor<std::int32_t> y;
    gather(samples, labels, std::vector<std::int32_t>{5, 0, 3, 3}, x, y);
    CHECK(x.shape() == Shape{4, 2, 3});
    CHECK(y.shape() == Shape{4});
    CHECK(std::ranges::equal(y.values(), std::vector{50, 0, 30, 30}));
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 6; ++j)
            CHECK(x.data()[6 * i + j] == static_cast<float>(6 * std::vector{5, 0, 3, 3}[std::size_t(i)] + j));

    const std::vector<std::int32_t> smaller = {2, 1, 4};
    const std::size_t before = allocations();
    gather(samples, labels, smaller, x, y);
    gather(samples, labels, std::span(smaller).first(0), x, y);
    CHECK(x.shape() == Shape{0, 2, 3});
    gather(samples, labels, smaller, x, y);
    CHECK(allocations() == before);
    CHECK(x.shape() == Shape{3, 2, 3});
    CHECK(x.data()[0] == 12);

    for (const std::int32_t wrong : {-1, 6, std::numeric_limits<std::int32_t>::min()})
        check_words(message_of([&] { gather(samples, labels, std::vector{wrong}, x, y); }),
                    {std::to_string(wrong), "there are 6"});
    CHECK_THROWS_AS(gather(samples, Tensor<std::int32_t>({5}), smaller, x, y), Error);
}

TEST_CASE("split: every index once, the same for a seed, another for another") {
    for (const std::int64_t held_out : {0, 1, 5000, 60000}) {
        const Split parts = split(60000, held_out, 7);
        CHECK(std::ssize(parts.validation) == held_out);
        CHECK(std::ssize(parts.training) == 60000 - held_out);
        std::set<std::int32_t> all(parts.training.begin(), parts.training.end());
        all.insert(parts.validation.begin(), parts.validation.end());
        CHECK(all.size() == 60000);
        CHECK(*all.begin() == 0);
        CHECK(*all.rbegin() == 59999);
    }
    const Split small = split(60000, 1000, 7), large = split(60000, 5000, 7), other = split(60000, 5000, 8);
    CHECK(split(60000, 5000, 7).validation == large.validation);
    CHECK(other.validation != large.validation);
    CHECK(std::ranges::equal(small.validation, std::span(large.validation).first(1000)));

    // Held-out samples come from everywhere: their mean index lies within six standard errors of the middle.
    const double mean = std::accumulate(large.validation.begin(), large.validation.end(), 0.0) / 5000;
    CHECK(std::abs(mean - 29999.5) < 6 * 17320.5 / std::sqrt(5000.0));

    // One order, found by another program from the definitions: it is the same on every machine.
    CHECK(split(8, 3, 7).validation == std::vector<std::int32_t>{4, 6, 2});
    CHECK(split(8, 3, 7).training == std::vector<std::int32_t>{7, 5, 1, 3, 0});
    check_words(message_of([] { split(10, 11, 1); }), {"11 of 10"});
    CHECK_THROWS_AS(split(10, -1, 1), Error);
}

TEST_CASE("CIFAR-10's records are read from several files, and damage is named") {
    Place place;
    const auto record = [](char label, char red, char green, char blue) {
        return std::string(1, label) + std::string(1024, red) + std::string(1024, green) + std::string(1024, blue);
    };
    write_file(place / "one.bin", record(3, 10, 20, 30) + record(9, 11, 21, 31));
    write_file(place / "two.bin", gzipped(record(0, 12, 22, 32)));
    const std::vector<fs::path> files = {place / "one.bin", place / "two.bin"};
    const CifarRecords all = read_cifar(files);
    CHECK(all.images.shape() == Shape{3, 3, 32, 32});
    CHECK(std::ranges::equal(all.labels.values(), std::vector<std::uint8_t>{3, 9, 0}));
    const auto images = all.images.values();
    for (const auto& [n, c, value] : {std::tuple(0, 0, 10), {0, 2, 30}, {1, 1, 21}, {2, 0, 12}, {2, 2, 32}}) {
        CHECK(images[std::size_t((n * 3 + c) * 1024)] == value);
        CHECK(images[std::size_t((n * 3 + c) * 1024 + 1023)] == value);
    }

    const auto refused = [&](const std::string& contents) {
        write_file(place / "bad.bin", contents);
        const std::vector<fs::path> bad = {place / "bad.bin"};
        return message_of([&] { read_cifar(bad); });
    };
    check_words(refused(""), {"bad.bin", "0 bytes", "empty"});
    check_words(refused(record(1, 1, 1, 1).substr(1)), {"bad.bin", "3072 bytes", "3073", "cut off"});
    check_words(refused(record(1, 1, 1, 1) + record(10, 1, 1, 1)), {"bad.bin", "label 10 of record 1", "0 to 9"});
}

TEST_CASE("augmentation is a function of the seed and of the image's number") {
    Tensor<float> images({6, 3, 9, 8});
    Philox(1, stream_id("images")).fill_uniform(images.values(), 0.5f, 1);
    const auto changed = [&](const Augmentation& limits, std::uint64_t first, std::int64_t begin, std::int64_t end) {
        const std::int64_t size = 3 * 9 * 8;
        Tensor<float> part({end - begin, 3, 9, 8},
                           images.values().subspan(std::size_t(begin * size), std::size_t((end - begin) * size)));
        augment(limits, part, 7, first);
        return std::vector<float>(part.values().begin(), part.values().end());
    };
    const Augmentation all{.shift = 2, .flip = true, .crop = 0.8, .rotation = 20, .colour = 0.3};
    const auto whole = changed(all, 100, 0, 6);
    CHECK(whole != std::vector<float>(images.values().begin(), images.values().end()));

    // In two batches, and on another number of threads, each image changes in the same way.
    auto halves = changed(all, 100, 0, 2);
    const auto rest = changed(all, 102, 2, 6);
    halves.insert(halves.end(), rest.begin(), rest.end());
    CHECK(halves == whole);
    const int before = threads();
    set_threads(3);
    CHECK(changed(all, 100, 0, 6) == whole);
    set_threads(before);
    CHECK(changed(all, 106, 0, 6) != whole);
}

TEST_CASE("each augmentation does what it says") {
    // Image n of 200 holds one bright pixel in the middle of 7 x 7.
    const auto run = [](const Augmentation& limits) {
        Tensor<float> images({200, 1, 7, 7});
        images.clear();
        for (std::int64_t n = 0; n < 200; ++n) images.data()[n * 49 + 3 * 7 + 2] = 1;
        augment(limits, images, 3, 0);
        return images;
    };
    // Where the pixel went: row and column, (-1, -1) when it was lost or is no longer one pixel.
    const auto places = [](const Tensor<float>& images) {
        std::set<std::pair<std::int64_t, std::int64_t>> found;
        for (std::int64_t n = 0; n < 200; ++n) {
            const float* image = images.data() + n * 49;
            const auto at = std::find(image, image + 49, 1.0f) - image;
            found.insert(at == 49 ? std::pair<std::int64_t, std::int64_t>(-1, -1) : std::pair(at / 7, at % 7));
        }
        return found;
    };
    CHECK(places(run({})) == std::set<std::pair<std::int64_t, std::int64_t>>{{3, 2}});
    CHECK(places(run({.flip = true})) == std::set<std::pair<std::int64_t, std::int64_t>>{{3, 2}, {3, 4}});
    const auto shifted = places(run({.shift = 1}));
    CHECK(shifted.size() == 9);
    CHECK(*shifted.begin() == std::pair<std::int64_t, std::int64_t>(2, 1));
    CHECK(*shifted.rbegin() == std::pair<std::int64_t, std::int64_t>(4, 3));

    // A rotation leaves the sum of a pixel that stays inside nearly as it is, and its distance from the middle.
    const Tensor<float> turned = run({.rotation = 45});
    for (std::int64_t n = 0; n < 200; ++n) {
        double sum = 0, distance = 0;
        for (std::int64_t i = 0; i < 49; ++i) {
            const double value = turned.data()[n * 49 + i];
            sum += value, distance += value * std::hypot(double(i / 7 - 3), double(i % 7 - 3));
        }
        CHECK(sum == doctest::Approx(1).epsilon(0.35));
        CHECK(distance / sum < 1.6);
    }

    // A crop enlarges; colours scale whole channels.
    const Tensor<float> enlarged = run({.crop = 0.5}), coloured = run({.colour = 0.25});
    double most = 0, least = 2, largest = 0, sum = 0;
    for (std::int64_t n = 0; n < 200; ++n) {
        const double value = coloured.data()[n * 49 + 3 * 7 + 2];
        least = std::min(least, value), largest = std::max(largest, value);
        double whole = 0;
        for (std::int64_t i = 0; i < 49; ++i) whole += enlarged.data()[n * 49 + i];
        most = std::max(most, whole), sum += whole / 200;
    }
    CHECK(most > 2);
    CHECK(sum > 1.1);
    CHECK(least > 0.75);
    CHECK(least < 0.78);
    CHECK(largest < 1.25);
    CHECK(largest > 1.22);

    Tensor<float> rows({2, 49});
    CHECK(message_of([&] { augment({}, rows, 1, 0); }) ==
          "augmentation takes images (n, channels, height, width), not a tensor of shape (2, 49)");
    Tensor<float> images({1, 1, 2, 2});
    CHECK(message_of([&] { augment({.crop = 0}, images, 1, 0); }) ==
          "augmentation by crops of 0; their share must be in (0, 1]");
}
