/// @file
/// Tokenisers: text becomes whole numbers, which a network can look up, and comes back from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kbk {

/// Cuts text into pieces of a fixed vocabulary and numbers them.
class Tokenizer {
  public:
    virtual ~Tokenizer() = default;

    /// @return number of pieces in the vocabulary: tokens are 0 to size() - 1
    [[nodiscard]] virtual std::int32_t size() const = 0;

    /// @param text any text
    /// @return its tokens
    /// @throws Error for a text that the vocabulary cannot write
    [[nodiscard]] virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;

    /// @param token 0 to size() - 1
    /// @return the bytes that it stands for, as long as the tokeniser lives
    /// @throws Error for a token outside the vocabulary
    [[nodiscard]] std::string_view piece(std::int32_t token) const;

    /// @param tokens each 0 to size() - 1
    /// @return their pieces, one after the other
    /// @throws Error for a token outside the vocabulary
    [[nodiscard]] std::string decode(std::span<const std::int32_t> tokens) const;

  protected:
    /// @param token 0 to size() - 1, already checked
    /// @return its bytes
    [[nodiscard]] virtual std::string_view bytes_of(std::int32_t token) const = 0;
};

/// One token for each character (Unicode code point) of an alphabet, in the order of their code points.
class CharTokenizer : public Tokenizer {
  public:
    /// @param text UTF-8, whose distinct characters become the alphabet; at least one
    /// @throws Error for text that is empty or not UTF-8, naming the byte
    explicit CharTokenizer(std::string_view text);

    /// Read what `save` wrote.
    /// @param path the file
    /// @return the tokeniser
    /// @throws Error naming the file and its damage
    static CharTokenizer load(const std::filesystem::path& path);

    /// Write the alphabet: a line that counts it, then the characters. The file appears whole or not at all.
    /// @param path the file
    /// @throws Error naming the file and the reason
    void save(const std::filesystem::path& path) const;

    /// @return the distinct characters in their order, as UTF-8
    [[nodiscard]] std::string alphabet() const;

    [[nodiscard]] std::int32_t size() const override { return std::int32_t(pieces_.size()); }

    /// @param text UTF-8
    /// @return a token for each character
    /// @throws Error for a character that is not in the alphabet, naming it and its position
    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const override;

  private:
    [[nodiscard]] std::string_view bytes_of(std::int32_t token) const override {
        return pieces_[std::size_t(token)];
    }

    std::vector<std::string> pieces_;         // by token
    std::map<char32_t, std::int32_t> token_;  // by character
};

/// One character of UTF-8, and what it takes.
struct Utf8Character {
    char32_t code = 0;      ///< its code point
    std::size_t bytes = 0;  ///< 1 to 4; 0 where no well-formed character begins
};

/// @param text  any bytes
/// @param begin where to read, less than text.size()
/// @return the character that begins there. Overlong forms, surrogates and numbers beyond U+10FFFF are not
///         well-formed
Utf8Character read_utf8(std::string_view text, std::size_t begin);

/// @param code a code point up to U+10FFFF
/// @return its UTF-8
std::string to_utf8(char32_t code);

}  // namespace kbk
