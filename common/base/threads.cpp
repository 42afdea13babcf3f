#include "common/base/threads.hpp"

#include <omp.h>

#include "common/base/error.hpp"

namespace kbk {

namespace {
int thread_count = omp_get_num_procs();
}

int threads() {
    return thread_count;
}

void set_threads(int count) {
    require(count >= 1 && count <= 1024, "{} threads asked for; choose 1 to 1024 (this machine has {} cores)",
            count, omp_get_num_procs());
    thread_count = count;
    omp_set_num_threads(count);
}

}  // namespace kbk
