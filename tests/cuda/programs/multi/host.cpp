#include "host.h"
#include <numeric>
#ifdef __CUDACC__
#error "this is plain C++"
#endif
float total(const float* x, int n) { return std::accumulate(x, x + n, 0.0f); }
