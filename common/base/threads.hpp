/// @file
/// The one place where the project runs threads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#ifdef __SANITIZE_THREAD__
#include <thread>
#include <vector>
#else
#include <omp.h>
#endif

namespace kbk {

/// @return the number of threads that `parallel_for` uses: at first the number of cores this process may run
/// on
int threads();

/// Set the number of threads of `parallel_for`, and of the libraries that measure themselves against it.
/// @param count at least 1
void set_threads(int count);

/// Call body(i) for each i in [0, count), shared out among the threads. Bodies run at the same time, in no
/// order: each writes its own part of the output and none adds to another's, so that results do not depend on
/// the number of threads. Cut work into tasks by the problem's size alone, never by the number of threads.
/// @param count number of tasks; with one task, or one thread, everything runs on the caller
/// @param body  callable with std::int64_t; must not throw, nor call parallel_for
template <class Body>
void parallel_for(std::int64_t count, const Body& body) {
#ifdef __SANITIZE_THREAD__
    // OpenMP's run time is not instrumented, and would hide its own synchronisation from the thread
    // sanitizer.
    std::vector<std::thread> helpers;
    for (int t = 1; t < threads(); ++t)
        helpers.emplace_back([&body, count, t, step = threads()] {
            for (std::int64_t i = t; i < count; i += step) body(i);
        });
    for (std::int64_t i = 0; i < count; i += threads()) body(i);
    for (auto& helper : helpers) helper.join();
#else
    if (count <= 1 || threads() == 1) {
        for (std::int64_t i = 0; i < count; ++i) body(i);
    } else {
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads())
        for (std::int64_t i = 0; i < count; ++i) body(i);
    }
#endif
}

// [parallel_shares]
/// As parallel_for, but each thread begins with a share of its own, the same in each call, and helps the others when it
/// is through: what a core has left in its cache by one pass over an array, it finds there in the next.
/// @copydetails parallel_for
template <class Body>
void parallel_shares(std::int64_t count, const Body& body) {
#ifdef __SANITIZE_THREAD__
    parallel_for(count, body);
#else
    constexpr std::size_t most_shares = 64;
    const std::size_t shares = std::min({most_shares, std::size_t(threads()), std::size_t(count)});
    if (shares <= 1) return parallel_for(count, body);

    struct alignas(64) Share {  // a cache line each
        std::atomic<std::int64_t> next;
        std::int64_t end;
    };
    std::array<Share, most_shares> all;
    for (std::size_t s = 0; s < shares; ++s) {
        all[s].next = count * std::int64_t(s) / std::int64_t(shares);
        all[s].end = count * std::int64_t(s + 1) / std::int64_t(shares);
    }
#pragma omp parallel num_threads(int(shares))
    for (std::size_t k = 0, self = std::size_t(omp_get_thread_num()); k < shares; ++k) {
        Share& share = all[(self + k) % shares];
        for (std::int64_t i = share.next++; i < share.end; i = share.next++) body(i);
    }
#endif
}
// [parallel_shares]

/// Split [0, size) into tasks of `grain` elements and call body(begin, end) for each, in parallel.
/// @param size  number of elements
/// @param grain elements in a task, from the problem alone
/// @param body  callable with the two std::int64_t ends of a task
template <class Body>
void parallel_ranges(std::int64_t size, std::int64_t grain, const Body& body) {
    parallel_shares((size + grain - 1) / grain, [&](std::int64_t task) {
        const std::int64_t begin = task * grain;
        body(begin, begin + grain < size ? begin + grain : size);
    });
}

}  // namespace kbk
