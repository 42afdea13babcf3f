#include "chapters/14_transformer/exercises/encode.hpp"

#include <stdexcept>

namespace kbk::exercise {

std::vector<int> encode(const std::string& alphabet, const std::string& text) {
    std::vector<int> numbers;
    for (const char c : text) {
        const std::size_t at = alphabet.find(c);
        if (at == std::string::npos) throw std::invalid_argument(std::string("not in the alphabet: ") + c);
        numbers.push_back(static_cast<int>(at));
    }
    return numbers;
}

}  // namespace kbk::exercise
