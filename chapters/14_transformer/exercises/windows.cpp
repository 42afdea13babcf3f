#include "chapters/14_transformer/exercises/windows.hpp"

namespace kbk::exercise {

std::vector<Window> windows(const std::vector<int>& tokens, int time) {
    // Your turn. How many tokens have a next one?
    (void)tokens, (void)time;
    return {};
}

}  // namespace kbk::exercise
