#include "common/data/tokenizer.hpp"

#include <set>

#include "common/base/error.hpp"
#include "common/base/file.hpp"

namespace kbk {

namespace {

// A character for a message: itself where it can be seen, and its code point.
std::string named(char32_t code) {
    const bool visible = code > 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0);
    return visible ? fmt::format("'{}' (U+{:04X})", to_utf8(code), std::uint32_t(code))
                   : fmt::format("U+{:04X}", std::uint32_t(code));
}

// Call visit(code, position) for each character, counted from 0.
template <class Visit>
void for_each_character(std::string_view text, const Visit& visit) {
    std::size_t position = 0;
    for (std::size_t at = 0; at < text.size(); ++position) {
        const auto [code, bytes] = read_utf8(text, at);
        require(bytes > 0, "the text is not UTF-8: byte {} (0x{:02x}) begins no character; convert it first",
                at, static_cast<unsigned char>(text[at]));
        visit(code, position);
        at += bytes;
    }
}

constexpr std::string_view first_words = "kernel-by-kernel alphabet of ";

}  // namespace

Utf8Character read_utf8(std::string_view text, std::size_t begin) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[begin + i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - begin < bytes) return {};
    char32_t code = lead & (0x7fu >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3fu);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < smallest[bytes] || code > 0x10ffff || surrogate ? Utf8Character{}
                                                                  : Utf8Character{code, bytes};
}

std::string to_utf8(char32_t code) {
    const auto rest = [&](int shift) { return char(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) return {char(code)};
    if (code < 0x800) return {char(0xc0 | code >> 6), rest(0)};
    if (code < 0x10000) return {char(0xe0 | code >> 12), rest(6), rest(0)};
    return {char(0xf0 | code >> 18), rest(12), rest(6), rest(0)};
}

std::string_view Tokenizer::piece(std::int32_t token) const {
    require(token >= 0 && token < size(), "token {} is not in the vocabulary, which has 0 to {}", token,
            size() - 1);
    return bytes_of(token);
}

std::string Tokenizer::decode(std::span<const std::int32_t> tokens) const {
    std::string text;
    for (const std::int32_t token : tokens) text += piece(token);
    return text;
}

CharTokenizer::CharTokenizer(std::string_view text) {
    std::set<char32_t> characters;
    for_each_character(text, [&](char32_t code, std::size_t) { characters.insert(code); });
    require(!characters.empty(), "an empty text has no alphabet; give at least one character");
    for (const char32_t code : characters) {
        token_[code] = std::int32_t(pieces_.size());
        pieces_.push_back(to_utf8(code));
    }
}

// [char_encode]
std::vector<std::int32_t> CharTokenizer::encode(std::string_view text) const {
    std::vector<std::int32_t> tokens;
    tokens.reserve(text.size());
    for_each_character(text, [&](char32_t code, std::size_t position) {
        const auto found = token_.find(code);
        require(found != token_.end(),
                "character {} at position {} is none of the {} that this vocabulary knows;\n"
                "leave it out, or train on a text that has it",
                named(code), position, size());
        tokens.push_back(found->second);
    });
    return tokens;
}
// [char_encode]

std::string CharTokenizer::alphabet() const {
    std::string all;
    for (const std::string& piece : pieces_) all += piece;
    return all;
}

void CharTokenizer::save(const std::filesystem::path& path) const {
    write_file(path, fmt::format("{}{}\n{}", first_words, size(), alphabet()));
}

CharTokenizer CharTokenizer::load(const std::filesystem::path& path) {
    const std::string file = read_file(path);
    const std::size_t end = file.find('\n');
    require(file.starts_with(first_words) && end != std::string::npos,
            "{} is no alphabet: its first line is not '{}N'", path.string(), first_words);
    try {
        // The alphabet of an alphabet is itself, unless the file was changed.
        CharTokenizer tokenizer(std::string_view(file).substr(end + 1));
        require(file == fmt::format("{}{}\n{}", first_words, tokenizer.size(), tokenizer.alphabet()),
                "its characters are not as many, or not in the order, that its first line announces");
        return tokenizer;
    } catch (const Error& error) {
        fail("{} is damaged: {}", path.string(), error.what());
    }
}

}  // namespace kbk
