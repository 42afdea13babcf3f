#include "common/ladder/ladder.hpp"

#include <cstdio>
#include <map>
#include <set>

namespace kbk {

namespace {

std::string default_choice = "best";
std::map<std::string, std::string, std::less<>> choices;
std::set<std::string> notes;

}  // namespace

std::string_view chosen_rung(std::string_view operation) {
    const auto found = choices.find(operation);
    return found == choices.end() ? std::string_view(default_choice) : std::string_view(found->second);
}

void choose_kernels(std::string_view choice) {
    std::string all = "best";
    decltype(choices) some;
    if (choice.find('=') == std::string_view::npos) {
        require(choice == "best" || choice == "naive",
                "--kernels {}: choose best, naive, or rungs by name, as in matmul=blocked,bias=naive",
                choice);
        all = choice;
        choice = {};
    }
    for (std::string_view rest = choice; !rest.empty();) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(item.size() < rest.size() ? item.size() + 1 : item.size());
        const auto equals = item.find('=');
        require(equals != std::string_view::npos && equals > 0 && equals + 1 < item.size(),
                "--kernels: '{}' is not of the form OPERATION=RUNG", item);
        some[std::string(item.substr(0, equals))] = item.substr(equals + 1);
    }

    // Change the choice only where all of it can be read.
    default_choice = std::move(all);
    choices = std::move(some);
}

void note_not_used(std::string_view operation, std::string_view rung, std::string_view reason) {
    std::string text =
        fmt::format("note: {}={} is not used here ({}); the best rung runs instead", operation, rung, reason);
    if (notes.insert(text).second) fmt::print(stderr, "{}\n", text);
}

}  // namespace kbk
