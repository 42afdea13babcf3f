// Texts and tokenisers: what is read, cut and numbered comes back, and what cannot be is refused by name.
#include "common/data/tokenizer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/philox.hpp"
#include "common/data/byte_pair.hpp"
#include "common/data/text.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/temporary_folder.hpp"

namespace kbk::test {

using kbk::test::message_of;
using nlohmann::json;

namespace {

using Tokens = std::vector<std::int32_t>;

// Bytes of every kind, the same each time.
std::string random_bytes(std::size_t count, std::uint64_t stream) {
    const Philox random(5, stream);
    std::string bytes(count, ' ');
    for (std::size_t i = 0; i < count; ++i) bytes[i] = char(random.word(i) >> 24);
    return bytes;
}

// The character that stands for a byte in GPT-2's files, written out by hand for the few that the tests need.
std::string stand_in(unsigned char byte) {
    if (byte <= 32) return to_utf8(0x100 + byte);
    if (byte < 127) return std::string(1, char(byte));
    if (byte <= 160) return to_utf8(char32_t(0x121 + byte - 127));
    if (byte == 173) return to_utf8(0x143);
    return to_utf8(byte);
}

// A vocabulary of all bytes and of these pieces (written as in GPT-2's files), in this order.
json vocabulary_of(const std::vector<std::string>& pieces) {
    json vocabulary = json::object();
    for (int b = 0; b < 256; ++b) vocabulary[stand_in(static_cast<unsigned char>(b))] = b;
    for (const std::string& piece : pieces) vocabulary[piece] = vocabulary.size();
    return vocabulary;
}

// A small tokeniser: the merges of "low", "lower", "newest" and of a blank with n.
BytePairTokenizer small() {
    const std::string blank = stand_in(' ');
    return {vocabulary_of({"lo", "low", "er", "es", "est", blank + "n", blank + "new", "ew", "<|endoftext|>"})
                .dump(),
            "#version: 0.2\nl o\nlo w\ne r\ne s\nes t\n" + blank + " n\ne w\n" + blank + "n ew\n"};
}

std::vector<std::string> pieces_of(const Tokenizer& tokenizer, std::string_view text) {
    std::vector<std::string> pieces;
    for (const std::int32_t token : tokenizer.encode(text)) pieces.emplace_back(tokenizer.piece(token));
    return pieces;
}

using Pieces = std::vector<std::string>;
using Words = std::vector<std::string_view>;

}  // namespace

TEST_CASE("characters are numbered in the order of their code points") {
    const CharTokenizer tokenizer("to be or not");
    CHECK(tokenizer.alphabet() == " benort");
    CHECK(tokenizer.size() == 7);
    CHECK(tokenizer.encode("not be") == Tokens{3, 4, 6, 0, 1, 2});
    CHECK(tokenizer.decode(Tokens{3, 4, 6, 0, 1, 2}) == "not be");
    CHECK(tokenizer.encode("").empty());
    CHECK(tokenizer.decode({}).empty());
    CHECK(tokenizer.piece(6) == "t");
}

TEST_CASE("a character is a code point, however many bytes it takes") {
    const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 a";
    const CharTokenizer tokenizer(text);
    CHECK(tokenizer.size() == 5);
    CHECK(tokenizer.encode(text) == Tokens{1, 2, 3, 4, 0, 1});
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
}

TEST_CASE("UTF-8 is read as it is written, and nothing else is") {
    for (const char32_t code :
         {0x0u, 0x41u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xffffu, 0x10000u, 0x10ffffu}) {
        const std::string text = to_utf8(code);
        const Utf8Character read = read_utf8(text, 0);
        CHECK(read.code == code);
        CHECK(read.bytes == text.size());
        if (text.size() > 1) CHECK(read_utf8(text.substr(0, text.size() - 1), 0).bytes == 0);
    }
    for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
                            "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "\xff", "\xc3\x41", "\xe2\x82\x41"})
        CHECK(read_utf8(bad, 0).bytes == 0);
}

TEST_CASE("a character that is not in the alphabet is named, with its position") {
    const CharTokenizer tokenizer("abc");
    CHECK(message_of([&] { (void)tokenizer.encode("abxa"); }) ==
          "character 'x' (U+0078) at position 2 is none of the 3 that this vocabulary knows;\n"
          "leave it out, or train on a text that has it");
    CHECK(message_of([&] {
              (void)tokenizer.encode("a\xe2\x82\xac");
          }).starts_with("character '\xe2\x82\xac' (U+20AC) at position 1 is none of the 3 "));
    CHECK(message_of([&] { (void)tokenizer.encode("a\n"); }).starts_with("character U+000A at position 1 "));
    CHECK(message_of([&] { (void)tokenizer.encode("a\xff"); }) ==
          "the text is not UTF-8: byte 1 (0xff) begins no character; convert it first");
    CHECK(message_of([&] { (void)tokenizer.piece(3); }) ==
          "token 3 is not in the vocabulary, which has 0 to 2");
    CHECK(message_of([&] {
              (void)tokenizer.decode(Tokens{0, -1});
          }) == "token -1 is not in the vocabulary, which has 0 to 2");
    CHECK(message_of([&] { CharTokenizer(""); }) ==
          "an empty text has no alphabet; give at least one character");
}

TEST_CASE("an alphabet is saved and loaded, and damage is refused") {
    const TemporaryFolder folder;
    const auto path = folder / "alphabet.txt";
    for (const std::string text : {"abc", "\n \t", "1\n2", "a\xc3\xa9\xf0\x9f\x98\x80\n"}) {
        const CharTokenizer tokenizer(text);
        tokenizer.save(path);
        const CharTokenizer loaded = CharTokenizer::load(path);
        CHECK(loaded.alphabet() == tokenizer.alphabet());
        CHECK(loaded.encode(text) == tokenizer.encode(text));
    }
    CharTokenizer("abcdef").save(path);
    const std::string good = read_file(path);
    CHECK(good == "kernel-by-kernel alphabet of 6\nabcdef");
    const auto complaint = [&](const std::string& bytes) {
        write_file(path, bytes);
        return message_of([&] { CharTokenizer::load(path); });
    };
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK(complaint(good.substr(0, size)).starts_with(path.string() + " is "));
    CHECK(complaint(good + "a").starts_with(path.string() + " is damaged: "));
    CHECK(complaint("kernel-by-kernel alphabet of 2\nba").starts_with(path.string() + " is damaged: "));
    CHECK(complaint("kernel-by-kernel alphabet of 02\nab").starts_with(path.string() + " is damaged: "));
    CHECK(complaint("kernel-by-kernel alphabet of 1\n\xff")
              .starts_with(path.string() + " is damaged: the text is not UTF-8"));
    CHECK(message_of([&] { CharTokenizer::load(folder / "absent"); }).starts_with("cannot read "));
}

TEST_CASE("words are cut as GPT-2 cuts them") {
    const BytePairTokenizer tokenizer = small();
    CHECK(tokenizer.words("Hello world") == Words{"Hello", " world"});
    CHECK(tokenizer.words("it's we'll I'D") == Words{"it", "'s", " we", "'ll", " I", "'", "D"});
    CHECK(tokenizer.words("abc123 45x") == Words{"abc", "123", " 45", "x"});
    CHECK(tokenizer.words("a  b\n\n c ") == Words{"a", " ", " b", "\n\n", " c", " "});
    CHECK(tokenizer.words("end.\n") == Words{"end", ".", "\n"});
    CHECK(tokenizer.words("(x!!) ?") == Words{"(", "x", "!!)", " ?"});
    CHECK(tokenizer.words("\xc3\xa9t\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87\xd9\xa3") ==
          Words{"\xc3\xa9t\xc3\xa9", " \xe4\xb8\xad\xe6\x96\x87", "\xd9\xa3"});
    CHECK(tokenizer.words("a\xc2\x85\xe3\x80\x80"
                          "b") == Words{"a", "\xc2\x85", "\xe3\x80\x80", "b"});
    CHECK(tokenizer.words("a\xff\xfe b") == Words{"a", "\xff\xfe", " b"});
    CHECK(tokenizer.words("").empty());
}

TEST_CASE("pairs merge in the order of their ranks") {
    const BytePairTokenizer tokenizer = small();
    CHECK(tokenizer.size() == 256 + 9);
    CHECK(pieces_of(tokenizer, "low") == Pieces{"low"});
    CHECK(pieces_of(tokenizer, "lower") == Pieces{"low", "er"});
    CHECK(pieces_of(tokenizer, "newest") == Pieces{"n", "ew", "est"});
    CHECK(pieces_of(tokenizer, "west") == Pieces{"w", "est"});
    CHECK(pieces_of(tokenizer, "low newest") == Pieces{"low", " new", "est"});
    CHECK(tokenizer.encode("low") == Tokens{257});
    CHECK(tokenizer.encode("a") == Tokens{'a'});

    // The earlier merge wins, though the later one stands further left: a bc, not ab c.
    const BytePairTokenizer ranks(vocabulary_of({"bc", "ab"}).dump(), "b c\na b\n");
    CHECK(pieces_of(ranks, "abc") == Pieces{"a", "bc"});
    CHECK(pieces_of(ranks, "abab") == Pieces{"ab", "ab"});

    // Of equal pairs the left one wins.
    const BytePairTokenizer equal(vocabulary_of({"aa", "aaaa"}).dump(), "a a\naa aa\n");
    CHECK(pieces_of(equal, "aaaaa") == Pieces{"aaaa", "a"});
    CHECK(pieces_of(equal, "aaaaaaa") == Pieces{"aaaa", "aa", "a"});
}

TEST_CASE("merging agrees with the definition, which looks for the best pair again after each merge") {
    const std::vector<std::pair<std::string, std::string>> merges = {{"a", "b"},  {"b", "a"},  {"a", "a"},
                                                                     {"ab", "a"}, {"b", "ab"}, {"aa", "ab"},
                                                                     {"ba", "b"}, {"aba", "b"}};
    std::vector<std::string> pieces;
    std::string lines;
    for (const auto& [left, right] : merges) {
        pieces.push_back(left + right);
        lines += left + " " + right + "\n";
    }
    // Each piece once, however many ways lead to it.
    std::sort(pieces.begin(), pieces.end());
    pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
    const BytePairTokenizer tokenizer(vocabulary_of(pieces).dump(), lines);
    for (std::uint64_t round = 0; round < 200; ++round) {
        std::string word = random_bytes(1 + round % 40, round);
        for (char& c : word) c = c & 1 ? 'a' : 'b';
        Pieces expected;
        for (const char c : word) expected.emplace_back(1, c);
        for (bool merged = true; merged;) {
            merged = false;
            for (const auto& [left, right] : merges) {
                for (std::size_t i = 0; i + 1 < expected.size() && !merged; ++i)
                    if (expected[i] == left && expected[i + 1] == right) {
                        expected[i] += right;
                        expected.erase(expected.begin() + std::ptrdiff_t(i) + 1);
                        merged = true;
                    }
                if (merged) break;
            }
        }
        CHECK(pieces_of(tokenizer, word) == expected);
    }
}

TEST_CASE("any bytes come back") {
    const BytePairTokenizer tokenizer = small();
    for (std::uint64_t i = 0; i < 100; ++i) {
        const std::string bytes = random_bytes(i * 7, i);
        CHECK(tokenizer.decode(tokenizer.encode(bytes)) == bytes);
    }
    std::string all(256, ' ');
    std::iota(all.begin(), all.end(), char(0));
    CHECK(tokenizer.decode(tokenizer.encode(all)) == all);
    const std::string text = "The low newest lower \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80's\n\n end  ";
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
}

TEST_CASE("text cannot forge a special piece") {
    const BytePairTokenizer tokenizer = small();
    const std::int32_t end = tokenizer.token("<|endoftext|>");
    CHECK(end == 264);
    const Tokens tokens = tokenizer.encode("<|endoftext|>");
    CHECK(std::ranges::count(tokens, end) == 0);
    CHECK(tokenizer.decode(tokens) == tokenizer.decode(Tokens{end}));
    CHECK(message_of([&] { (void)tokenizer.token("nothing"); }) == "the vocabulary has no piece 'nothing'");
}

TEST_CASE("a megabyte takes no square of the time, as one word or as many") {
    std::string text;
    while (text.size() < (1 << 20)) text += "low newer ";
    CHECK(small().words(text).size() == 2 * text.size() / 10 + 1);
    const BytePairTokenizer tokenizer(vocabulary_of({"aa", "aaaa"}).dump(), "a a\naa aa\n");
    CHECK(tokenizer.encode(std::string(1 << 20, 'a')).size() == std::size_t(1 << 18));
}

TEST_CASE("files that make no tokeniser are refused, each for its reason") {
    const std::string good = vocabulary_of({"lo"}).dump();
    const auto complaint = [](const std::string& vocabulary, const std::string& merges) {
        return message_of([&] { BytePairTokenizer(vocabulary, merges); });
    };
    CHECK(complaint(good, "l o\n") == "no error");
    CHECK(complaint(good, "#version: 0.2\r\nl o\r\n") == "no error");
    for (const char* text : {"", "{", "\xff", "nonsense"})
        CHECK(complaint(text, "") == "the vocabulary is not JSON");
    for (const char* text : {"[]", "7", "{}", "null"})
        CHECK(complaint(text, "") == "the vocabulary is not an object of pieces and numbers");
    CHECK(complaint("{\"a\":0}", "") ==
          "the vocabulary has no piece for byte 0x00; some text could not be written");

    json bad = vocabulary_of({"lo"});
    bad["lo"] = 300;
    CHECK(complaint(bad.dump(), "") ==
          "the vocabulary gives 'lo' the number 300; 257 pieces have 0 to 256, each once");
    bad["lo"] = 5;
    CHECK(complaint(bad.dump(), "").find("the number 5; 257 pieces have 0 to 256, each once") !=
          std::string::npos);
    for (const json& number : {json(-1), json("256"), json(1.5), json(nullptr), json(~std::uint64_t{0})}) {
        bad["lo"] = number;
        CHECK(complaint(bad.dump(), "").find("257 pieces have 0 to 256, each once") != std::string::npos);
    }
    bad = vocabulary_of({"l\xe4\xb8\xad"});
    CHECK(complaint(bad.dump(), "") == "the piece 'l\xe4\xb8\xad' holds a character that stands for no byte");

    CHECK(complaint(good, "l o x\n") ==
          "line 1 of the merges is 'l o x', not two pieces with a blank between");
    CHECK(complaint(good, "l o\nlo\n") ==
          "line 2 of the merges is 'lo', not two pieces with a blank between");
    CHECK(complaint(good, "l \n") == "line 1 of the merges is 'l ', not two pieces with a blank between");
    CHECK(complaint(good, "l w\n") ==
          "line 1 of the merges needs the piece 'lw', which the vocabulary lacks");

    const TemporaryFolder folder;
    CHECK(message_of([&] { BytePairTokenizer::load(folder.path()); }).starts_with("cannot read "));
    write_file(folder / "vocab.json", good);
    write_file(folder / "merges.txt", "l w\n");
    CHECK(message_of([&] { BytePairTokenizer::load(folder.path()); }) ==
          (folder / "vocab.json").string() +
              " and merges.txt do not make a tokeniser: line 1 of the merges needs the piece 'lw', which the "
              "vocabulary lacks");
    write_file(folder / "merges.txt", "l o\n");
    CHECK(BytePairTokenizer::load(folder.path()).size() == 257);
}

TEST_CASE("windows are the same for the same seed and step, and lie in the text") {
    const auto begins = random_windows(100, 8, 50, 1, 3);
    CHECK(begins.size() == 50);
    CHECK(begins == random_windows(100, 8, 50, 1, 3));
    CHECK(begins != random_windows(100, 8, 50, 1, 4));
    CHECK(begins != random_windows(100, 8, 50, 2, 3));
    const auto many = random_windows(12, 8, 4000, 1, 0);
    for (std::int64_t place = 0; place < 4; ++place) {
        const auto count = std::ranges::count(many, place);
        CHECK(count > 850);
        CHECK(count < 1150);
    }
    CHECK(std::ranges::max(many) == 3);
    CHECK(random_windows(9, 8, 2, 1, 0) == std::vector<std::int64_t>{0, 0});
    CHECK(message_of([] { random_windows(8, 8, 1, 1, 0); }) ==
          "a text of 8 tokens has no window of 8 with a token behind it; take a longer text or shorter "
          "windows");
}

TEST_CASE("what follows a window is the window one token later") {
    const Tokens tokens = {5, 6, 7, 8, 9, 10};
    Tensor<std::int32_t> x, next;
    cut_windows(tokens, std::vector<std::int64_t>{0, 2}, 3, x, next);
    CHECK(x.shape() == Shape{2, 3});
    CHECK(next.shape() == Shape{6});
    CHECK(std::ranges::equal(x.values(), Tokens{5, 6, 7, 7, 8, 9}));
    CHECK(std::ranges::equal(next.values(), Tokens{6, 7, 8, 8, 9, 10}));
    for (const std::int64_t begin : {std::int64_t{-1}, std::int64_t{3}, std::int64_t{1} << 40})
        CHECK(message_of([&] { cut_windows(tokens, std::vector<std::int64_t>{begin}, 3, x, next); }) ==
              fmt::format("no window of 3 tokens with one behind it begins at {} of a text of 6", begin));
}

TEST_CASE("a text is found by its name, or refused with the way to get it") {
    const TemporaryFolder folder;
    CHECK(text_sets() == std::vector<std::string>{"tinyshakespeare"});
    CHECK(message_of([&] { load_text("moby-dick", folder.path()); }) ==
          "unknown text \"moby-dick\"; the choices are: tinyshakespeare");
    CHECK(message_of([&] {
              load_text("tinyshakespeare", folder.path());
          }).find("./course data tinyshakespeare") != std::string::npos);
    write_file(folder / "tinyshakespeare/input.txt", "First Citizen:\n");
    CHECK(load_text("tinyshakespeare", folder.path()) == "First Citizen:\n");
    write_file(folder / "tinyshakespeare/input.txt", "");
    CHECK(message_of([&] { load_text("tinyshakespeare", folder.path()); }) ==
          (folder / "tinyshakespeare/input.txt").string() +
              " is empty; put a good copy in its place (./course data tinyshakespeare gets one)");
}

TEST_CASE("a checksum tells one text from another") {
    // The check value of CRC-32, as every description of it gives it.
    CHECK(checksum("123456789") == "cbf43926");
    CHECK(checksum("") == "00000000");
}

}  // namespace kbk::test
