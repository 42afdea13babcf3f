# The packages that the project stands on. `./course` installs them all; a plain cmake says what is missing.
function(kbk_need package debian_package)
    if(NOT ${package}_FOUND)
        message(FATAL_ERROR "${package} not found: install the package ${debian_package}, or let ./course do it.")
    endif()
endfunction()

find_package(Threads REQUIRED)
find_package(OpenMP QUIET COMPONENTS CXX)
kbk_need(OpenMP g++)
find_package(ZLIB QUIET)
kbk_need(ZLIB zlib1g-dev)
find_package(fmt QUIET)
kbk_need(fmt libfmt-dev)
find_package(nlohmann_json QUIET)
kbk_need(nlohmann_json nlohmann-json3-dev)
find_package(CLI11 QUIET)
kbk_need(CLI11 libcli11-dev)
find_package(xsimd QUIET)
kbk_need(xsimd libxsimd-dev)
find_package(xtensor 0.24 QUIET)
kbk_need(xtensor libxtensor-dev)
find_package(doctest QUIET CONFIG)
kbk_need(doctest doctest-dev)
find_package(benchmark QUIET)
kbk_need(benchmark libbenchmark-dev)
find_path(RANDOM123_INCLUDE Random123/philox.h)
if(NOT RANDOM123_INCLUDE)
    message(FATAL_ERROR "Random123 not found: install the package librandom123-dev, or let ./course do it.")
endif()

# Take OpenBLAS's OpenMP build by its full path: Debian's default alternative may be the one with its own
# threads, which fight with OpenMP's (docs/pitfalls.md). xtensor-blas finds the same file through BLAS_LIBRARIES.
find_library(KBK_OPENBLAS NAMES openblas PATH_SUFFIXES openblas-openmp NO_CACHE
             PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
find_path(KBK_CBLAS_INCLUDE cblas.h PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
if(NOT KBK_OPENBLAS OR NOT KBK_CBLAS_INCLUDE)
    message(FATAL_ERROR
            "OpenBLAS (OpenMP build) not found: install the package libopenblas-openmp-dev, or let ./course do it.")
endif()
add_library(kbk_openblas INTERFACE)
target_include_directories(kbk_openblas SYSTEM INTERFACE ${KBK_CBLAS_INCLUDE})
target_link_libraries(kbk_openblas INTERFACE ${KBK_OPENBLAS})

# xtensor-blas is headers only; its own package file would look for another BLAS.
find_path(KBK_XTENSOR_BLAS_INCLUDE xtensor-blas/xlinalg.hpp)
if(NOT KBK_XTENSOR_BLAS_INCLUDE)
    message(FATAL_ERROR "xtensor-blas not found: install the package libxtensor-blas-dev, or let ./course do it.")
endif()
add_library(kbk_xtensor INTERFACE)
target_include_directories(kbk_xtensor SYSTEM INTERFACE ${KBK_XTENSOR_BLAS_INCLUDE})
target_link_libraries(kbk_xtensor INTERFACE xtensor xsimd ${KBK_OPENBLAS})

# oneDNN is a unit of measurement only: without it the rung says that it is not available. (Its own package file asks
# for OpenCL, which nothing here needs.)
find_library(KBK_ONEDNN dnnl)
find_path(KBK_ONEDNN_INCLUDE dnnl.hpp)
