/// @file
/// What every saved result begins with: a number is worth nothing without its machine, its build and its
/// date.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace kbk {

/// @param program   what computed, such as "07_mlp"
/// @param title     the same for readers
/// @param arguments its command line, without its name and the places it writes to
/// @return an object with these, today's date (UTC), the commit that the sources are at ("-dirty" where files
///         differ from it), and the machine: name, cpu, cores, compiler, flags
nlohmann::ordered_json saved_facts(const std::string& program, const std::string& title,
                                   const std::string& arguments);

/// What a program found on the machine whose results the book's pages quote: of those that benchmarks/results/book.txt
/// names, the first that has results of it.
/// @param program such as "05_matmul"
/// @return its saved values that are numbers, by name; empty where it saved none
std::map<std::string, double> book_values(const std::string& program);

}  // namespace kbk
