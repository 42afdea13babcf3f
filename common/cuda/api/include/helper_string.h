/// @file
/// Command lines as NVIDIA's samples read them: -name, --name, -name=value.
#pragma once

#include <strings.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifndef EXIT_WAIVED
#define EXIT_WAIVED 2
#endif

/// @return what follows the name in the argument that bears it ("" or "=value"), or null
inline const char* kbk_find_argument(int count, const char** arguments, const char* name) {
    for (int i = 1; i < count; ++i) {
        const char* word = arguments[i] + std::strspn(arguments[i], "-");
        const std::size_t length = std::strlen(name);
        if (word != arguments[i] && strncasecmp(word, name, length) == 0 &&
            (word[length] == 0 || word[length] == '='))
            return word + length;
    }
    return nullptr;
}
inline bool checkCmdLineFlag(int count, const char** arguments, const char* name) {
    return kbk_find_argument(count, arguments, name) != nullptr;
}
inline int getCmdLineArgumentInt(int count, const char** arguments, const char* name) {
    const char* found = kbk_find_argument(count, arguments, name);
    return found && *found ? std::atoi(found + 1) : 0;
}
inline float getCmdLineArgumentFloat(int count, const char** arguments, const char* name) {
    const char* found = kbk_find_argument(count, arguments, name);
    return found && *found ? static_cast<float>(std::atof(found + 1)) : 0.0f;
}
inline bool getCmdLineArgumentString(int count, const char** arguments, const char* name, char** value) {
    const char* found = kbk_find_argument(count, arguments, name);
    *value = found && *found ? const_cast<char*>(found + 1) : nullptr;
    return *value != nullptr;
}
/// @return the path itself where the file exists, or under data/; null where it is not found
inline char* sdkFindFilePath(const char* name, const char*) {
    static char path[4096];
    for (const char* folder : {"", "./data/", "../data/"}) {
        std::snprintf(path, sizeof path, "%s%s", folder, name);
        if (std::FILE* file = std::fopen(path, "rb")) {
            std::fclose(file);
            return path;
        }
    }
    return nullptr;
}
