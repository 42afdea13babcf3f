/// @file
/// GPT-2's tokeniser: pairs of bytes that often stand side by side become tokens, and pairs of those, and so
/// on.
#pragma once

#include <memory>
#include <unordered_map>

#include "common/data/tokenizer.hpp"

namespace kbk {

/// A byte-pair tokeniser that reads GPT-2's two files: `vocab.json` numbers the pieces, `merges.txt` lists
/// which two neighbours become one, the most frequent first. Text is cut into words before (Radford et al.:
/// Language Models are Unsupervised Multitask Learners, 2019, section 2.2), and a merge never reaches over a
/// word's end. Any bytes can be written, since each byte is a token.
class BytePairTokenizer : public Tokenizer {
  public:
    /// @param vocabulary contents of vocab.json: an object of pieces, each with its number. Bytes that are no
    /// visible
    ///                   character stand as others there: the blank as U+0120
    /// @param merges     contents of merges.txt: a line a merge, two pieces with a blank between; a first
    /// line that
    ///                   begins with "#version" is passed over
    /// @throws Error naming what does not fit: numbers that are not 0, 1, 2, ..., a byte without a token, a
    /// merge
    ///               whose parts or result have none
    BytePairTokenizer(std::string_view vocabulary, std::string_view merges);

    /// Read both files of a folder.
    /// @param folder holds vocab.json and merges.txt
    /// @return the tokeniser
    /// @throws Error naming the file and what is wrong with it
    static BytePairTokenizer load(const std::filesystem::path& folder);

    [[nodiscard]] std::int32_t size() const override { return std::int32_t(pieces_.size()); }

    /// @param text any bytes; where they are not UTF-8, each is a token
    /// @return tokens. Special pieces such as <|endoftext|> are never among them: text cannot forge them
    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const override;

    /// @param text any bytes
    /// @return the words that it is cut into before merging, which together are the text
    [[nodiscard]] std::vector<std::string_view> words(std::string_view text) const;

    /// @param piece bytes of a piece, such as "<|endoftext|>"
    /// @return its token
    /// @throws Error when there is none
    [[nodiscard]] std::int32_t token(std::string_view piece) const;

  private:
    struct Merge {
        std::int32_t rank;    // the lower, the earlier
        std::int32_t result;  // token
    };
    struct Pattern;  // libpcre2's compiled expression
    struct Release {
        void operator()(Pattern* pattern) const noexcept;
    };

    [[nodiscard]] std::string_view bytes_of(std::int32_t token) const override {
        return pieces_[std::size_t(token)];
    }
    void merge_word(std::string_view word, std::vector<std::int32_t>& tokens) const;

    std::vector<std::string> pieces_;                      // by token
    std::unordered_map<std::string, std::int32_t> token_;  // by piece
    std::int32_t byte_[256];                               // token of each byte
    std::unordered_map<std::uint64_t, Merge> merges_;      // by both tokens
    std::unique_ptr<Pattern, Release> pattern_;
};

}  // namespace kbk
