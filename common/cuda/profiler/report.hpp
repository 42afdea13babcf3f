/// @file
/// Profiles as text for a terminal, and as JSON for pages and tables.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/cuda/profiler/profile.hpp"

namespace kbk::cuda::profiler {

/// @param kernel a profile @return its totals, then its lines with their code; at most 100 columns
std::string text_of(const KernelProfile& kernel);

/// @param kernel a profile @return all of it, as benchmarks/profile/page.py reads it
nlohmann::ordered_json json_of(const KernelProfile& kernel);

/// @param bytes any number of them @return such as "4.19 MB"
std::string text_of_bytes(double bytes);

/// @param number any @return with a comma between thousands: "32,768"
std::string with_commas(std::int64_t number);

}  // namespace kbk::cuda::profiler
