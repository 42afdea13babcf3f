// What holds for all of the book's ladders.
#include "kernels/ladders.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace kbk {

TEST_CASE("the book's own ladders are in order") {
    std::set<std::string> operations;
    for_each_ladder([&](const auto& ladder) {
        INFO(ladder.operation());
        CHECK(operations.insert(std::string(ladder.operation())).second);
        REQUIRE(!ladder.rungs().empty());
        CHECK(ladder.rungs().front().name == "naive");
        std::set<std::string> names;
        std::set<Device> library_seen;
        bool own_after_library = false;
        for (const auto& rung : ladder.rungs()) {
            CHECK(names.insert(ladder.full_name(rung)).second);
            CHECK(!rung.idea.empty());
            CHECK(rung.name != "best");
            CHECK(&ladder.rung(fmt::format("{}/{}", name(rung.device), rung.name)) == &rung);
            if (rung.origin == Origin::library)
                library_seen.insert(rung.device);
            else if (rung.name != "mine")
                own_after_library = own_after_library || library_seen.contains(rung.device);
        }
        CHECK(!own_after_library);
    });
    CHECK(operations.size() >= 8);
}

}  // namespace kbk
