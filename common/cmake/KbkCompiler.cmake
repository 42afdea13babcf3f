# One set of compiler flags for the whole project: xtensor's types depend on them (see docs/pitfalls.md).
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(kbk_options INTERFACE)
target_include_directories(kbk_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(kbk_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow>
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-unknown-pragmas;-Wno-restrict>  # gcc 12 sees ghosts in std::string: its bug 105651
    # Neither changes a value: without errno and trap semantics, loops with square roots and choices become vectors.
    $<$<COMPILE_LANGUAGE:CXX>:-fno-math-errno;-fno-trapping-math>)
# gcc before 13 sees ghosts in its own AVX-512 intrinsics, too: its bug 105593.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(kbk_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-uninitialized;-Wno-maybe-uninitialized>)
endif()
target_compile_definitions(kbk_options INTERFACE XTENSOR_USE_XSIMD)
if(KBK_WERROR)
    target_compile_options(kbk_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(KBK_NATIVE)
    target_compile_options(kbk_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=native>)
endif()
if(KBK_SANITIZE)
    target_compile_options(kbk_options INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${KBK_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=all>)
    target_link_options(kbk_options INTERFACE -fsanitize=${KBK_SANITIZE})
endif()

# Record what the programs were built with: a saved result names its compiler and flags.
string(TOUPPER ${CMAKE_BUILD_TYPE} build_type)
string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} -fno-math-errno -fno-trapping-math" KBK_FLAGS)
if(KBK_NATIVE)
    string(APPEND KBK_FLAGS " -march=native")
endif()
if(KBK_SANITIZE)
    string(APPEND KBK_FLAGS " -fsanitize=${KBK_SANITIZE}")
endif()
