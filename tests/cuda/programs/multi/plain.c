#include <math.h>
int plain(int x) {
    int new = 2 * x; /* C, not C++ */
    return new + (int)sqrt(4.0);
}
