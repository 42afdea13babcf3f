#include "chapters/14_transformer/exercises/windows.hpp"

#include <algorithm>

namespace kbk::exercise {

std::vector<Window> windows(const std::vector<int>& tokens, int time) {
    std::vector<Window> all;
    const int told = static_cast<int>(tokens.size()) - 1;
    for (int begin = 0; begin < told; begin += time) {
        const int end = std::min(begin + time, told);
        all.push_back({{tokens.begin() + begin, tokens.begin() + end},
                       {tokens.begin() + begin + 1, tokens.begin() + end + 1}});
    }
    return all;
}

}  // namespace kbk::exercise
