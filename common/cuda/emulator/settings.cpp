/// @file
/// Settings as the environment gives them.
#include "common/cuda/emulator/settings.hpp"

#include <cstdlib>
#include <string_view>

#include "common/base/error.hpp"

namespace kbk::cuda::emulator {

namespace {

bool flag(const char* variable) {
    const char* text = std::getenv(variable);
    const std::string_view value = text ? text : "";
    require(value.empty() || value == "0" || value == "1", "{} is '{}'; set it to 0 or 1", variable, value);
    return value == "1";
}

Settings from_environment() {
    const char* name = std::getenv("KBK_EMU_ARCH");
    return {flag("KBK_EMU_REVERSE"), flag("KBK_EMU_LENIENT"), flag("KBK_EMU_TOLERANT"),
            &architecture_named(name && *name ? name : "sm_80")};
}

}  // namespace

Settings& settings() {
    static Settings current = from_environment();
    return current;
}

}  // namespace kbk::cuda::emulator
