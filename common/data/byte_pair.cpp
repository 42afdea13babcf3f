#include "common/data/byte_pair.hpp"

// Strings of libpcre2 are bytes.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <nlohmann/json.hpp>
#include <queue>

#include "common/base/error.hpp"
#include "common/base/file.hpp"

namespace kbk {

namespace {

using nlohmann::json;

// [bpe_pattern]
// GPT-2's words: an English ending, or letters, or digits, or other signs, each with the blank before it; or
// blanks, but for the last before a word. Unicode's U+0085 is a blank that libpcre2's \s leaves out.
constexpr const char* word_pattern =
    "'s|'t|'re|'ve|'m|'ll|'d"
    "| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\x{85}\\p{L}\\p{N}]+"
    "|[\\s\\x{85}]+(?![^\\s\\x{85}])|[\\s\\x{85}]+";
// [bpe_pattern]

// The character that stands for a byte in GPT-2's files: itself where it is visible in Latin-1, and for the
// others those from U+0100 on, in order.
std::vector<char32_t> stand_ins() {
    std::vector<char32_t> characters(256);
    char32_t next = 0x100;
    for (char32_t b = 0; b < 256; ++b) {
        const bool visible = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
        characters[b] = visible ? b : next++;
    }
    return characters;
}

// The bytes of a piece as GPT-2's files write it.
std::string read_piece(std::string_view text, const std::map<char32_t, char>& bytes) {
    std::string piece;
    for (std::size_t at = 0; at < text.size();) {
        const auto [code, length] = read_utf8(text, at);
        const auto found = bytes.find(code);
        require(length > 0 && found != bytes.end(),
                "the piece '{}' holds a character that stands for no byte", text);
        piece += found->second;
        at += length;
    }
    return piece;
}

std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return std::uint64_t(left) << 32 | std::uint32_t(right);
}

}  // namespace

struct BytePairTokenizer::Pattern {
    pcre2_code* code;
};

void BytePairTokenizer::Release::operator()(Pattern* pattern) const noexcept {
    pcre2_code_free(pattern->code);
    delete pattern;
}

BytePairTokenizer::BytePairTokenizer(std::string_view vocabulary, std::string_view merges) {
    std::map<char32_t, char> bytes;
    const std::vector<char32_t> characters = stand_ins();
    for (std::size_t b = 0; b < 256; ++b) bytes[characters[b]] = char(b);

    // Number the pieces, distrusting the file: each number once, from 0 on.
    json numbers;
    try {
        numbers = json::parse(vocabulary);
    } catch (const json::exception&) {
        fail("the vocabulary is not JSON");
    }
    require(numbers.is_object() && !numbers.empty(), "the vocabulary is not an object of pieces and numbers");
    pieces_.resize(numbers.size());
    std::vector<bool> taken(numbers.size());
    for (const auto& [text, number] : numbers.items()) {
        require(number.is_number_unsigned() && number < numbers.size() && !taken[number.get<std::size_t>()],
                "the vocabulary gives '{}' the number {}; {} pieces have 0 to {}, each once", text,
                number.dump(), numbers.size(), numbers.size() - 1);
        const auto at = number.get<std::size_t>();
        taken[at] = true;
        pieces_[at] = read_piece(text, bytes);
        token_[pieces_[at]] = std::int32_t(at);
    }
    for (std::size_t b = 0; b < 256; ++b) {
        const auto found = token_.find(std::string(1, char(b)));
        require(found != token_.end(),
                "the vocabulary has no piece for byte 0x{:02x}; some text could not be written", b);
        byte_[b] = found->second;
    }

    // Read the merges in their order.
    std::int32_t rank = 0;
    std::size_t line_number = 0;
    for (std::size_t begin = 0; begin < merges.size();) {
        const std::size_t end = std::min(merges.find('\n', begin), merges.size());
        std::string_view line = merges.substr(begin, end - begin);
        begin = end + 1;
        ++line_number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || (line_number == 1 && line.starts_with("#version"))) continue;
        const std::size_t blank = line.find(' ');
        require(blank != std::string_view::npos && line.find(' ', blank + 1) == std::string_view::npos &&
                    blank > 0 && blank + 1 < line.size(),
                "line {} of the merges is '{}', not two pieces with a blank between", line_number, line);
        const std::string left = read_piece(line.substr(0, blank), bytes),
                          right = read_piece(line.substr(blank + 1), bytes);
        for (const std::string& piece : {left, right, left + right})
            require(token_.contains(piece),
                    "line {} of the merges needs the piece '{}', which the vocabulary lacks", line_number,
                    piece);
        merges_.try_emplace(key_of(token_[left], token_[right]), Merge{rank++, token_[left + right]});
    }

    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(word_pattern), PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
    require(code != nullptr, "libpcre2 cannot compile the pattern of words: error {} at {}", error, offset);
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    pattern_.reset(new Pattern{code});
}

BytePairTokenizer BytePairTokenizer::load(const std::filesystem::path& folder) {
    const std::string vocabulary = read_file(folder / "vocab.json"),
                      merges = read_file(folder / "merges.txt");
    try {
        return {vocabulary, merges};
    } catch (const Error& error) {
        fail("{} and merges.txt do not make a tokeniser: {}", (folder / "vocab.json").string(), error.what());
    }
}

std::vector<std::string_view> BytePairTokenizer::words(std::string_view text) const {
    const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> match(
        pcre2_match_data_create_from_pattern(pattern_->code, nullptr), pcre2_match_data_free);
    std::vector<std::string_view> found;
    for (std::size_t begin = 0; begin < text.size();) {
        // Take as much as is UTF-8, or as is not: a word of its own. libpcre2 would look through the whole
        // rest of the text before each word.
        std::size_t end = begin;
        const bool readable = read_utf8(text, begin).bytes > 0;
        while (end < text.size() && (read_utf8(text, end).bytes > 0) == readable)
            end += std::max<std::size_t>(1, read_utf8(text, end).bytes);
        if (!readable) found.push_back(text.substr(begin, end - begin));

        const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
        for (std::size_t at = begin; readable && at < end;) {
            const int status = pcre2_match(pattern_->code, subject, end, at,
                                           PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED, match.get(), nullptr);
            require(status > 0, "libpcre2 cannot cut the text into words at byte {}: error {}", at, status);
            const std::size_t next = pcre2_get_ovector_pointer(match.get())[1];
            found.push_back(text.substr(at, next - at));
            at = next;
        }
        begin = end;
    }
    return found;
}

std::vector<std::int32_t> BytePairTokenizer::encode(std::string_view text) const {
    std::vector<std::int32_t> tokens;
    tokens.reserve(text.size() / 3);
    for (const std::string_view word : words(text)) merge_word(word, tokens);
    return tokens;
}

// [bpe_merge]
void BytePairTokenizer::merge_word(std::string_view word, std::vector<std::int32_t>& tokens) const {
    // Begin with a token for each byte, in a list whose neighbours know each other.
    const auto size = std::int32_t(word.size());
    std::vector<std::int32_t> token(word.size()), next(word.size()), before(word.size());
    for (std::int32_t i = 0; i < size; ++i) {
        token[std::size_t(i)] = byte_[static_cast<unsigned char>(word[std::size_t(i)])];
        next[std::size_t(i)] = i + 1;
        before[std::size_t(i)] = i - 1;
    }

    // Keep the pairs that could merge in a queue: lowest rank first, and of equals the first in the word.
    struct Candidate {
        std::int32_t rank, place, left, right, result;
        bool operator>(const Candidate& other) const {
            return rank != other.rank ? rank > other.rank : place > other.place;
        }
    };
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
    const auto consider = [&](std::int32_t place) {
        if (place < 0 || next[std::size_t(place)] >= size) return;
        const std::int32_t left = token[std::size_t(place)],
                           right = token[std::size_t(next[std::size_t(place)])];
        if (const auto found = merges_.find(key_of(left, right)); found != merges_.end())
            queue.push({found->second.rank, place, left, right, found->second.result});
    };
    for (std::int32_t i = 0; i + 1 < size; ++i) consider(i);

    // Merge until none is left. A candidate whose pair has changed since is out of date.
    constexpr std::int32_t gone = -1;
    while (!queue.empty()) {
        const Candidate best = queue.top();
        queue.pop();
        const auto place = std::size_t(best.place);
        if (token[place] != best.left || next[place] >= size || token[std::size_t(next[place])] != best.right)
            continue;
        const auto taken = std::size_t(next[place]);
        token[place] = best.result;
        token[taken] = gone;
        next[place] = next[taken];
        if (next[place] < size) before[std::size_t(next[place])] = best.place;
        consider(before[place]);
        consider(best.place);
    }
    for (std::int32_t i = 0; i < size; i = next[std::size_t(i)]) tokens.push_back(token[std::size_t(i)]);
}
// [bpe_merge]

std::int32_t BytePairTokenizer::token(std::string_view piece) const {
    const auto found = token_.find(std::string(piece));
    require(found != token_.end(), "the vocabulary has no piece '{}'", piece);
    return found->second;
}

}  // namespace kbk
