#include "chapters/13_attention/exercises/merge.hpp"

namespace kbk::exercise {

Partial merge(const Partial& a, const Partial& b) {
    // Your turn. Bring both to the same largest score first. What is minus infinity less minus infinity?
    (void)b;
    return a;
}

}  // namespace kbk::exercise
