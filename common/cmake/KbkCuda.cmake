# CUDA sources, each built for what shall run them: the emulator, the emulator with checks, or NVIDIA hardware.
set(KBK_CUDA auto CACHE STRING "What runs Device::cuda: nvcc, emulated, or auto (nvcc where a toolkit and a GPU are)")
set_property(CACHE KBK_CUDA PROPERTY STRINGS auto nvcc emulated)
if(NOT "${KBK_CUDA}" MATCHES "^(auto|nvcc|emulated)$")
    message(FATAL_ERROR "KBK_CUDA is '${KBK_CUDA}'; choose auto, nvcc or emulated.")
endif()

# fmt does not know that nvcc can evaluate its check of format strings at compile time. Profilers want the lines.
set(KBK_NVCC_FLAGS -lineinfo --expt-relaxed-constexpr -DFMT_USE_CONSTEXPR=1)

find_program(KBK_NVCC nvcc HINTS $ENV{CUDA_HOME}/bin $ENV{CUDA_PATH}/bin /usr/local/cuda/bin)
set(KBK_CUDA_BACKEND ${KBK_CUDA})
if("${KBK_CUDA}" STREQUAL "auto")
    if(KBK_NVCC AND EXISTS /dev/nvidia0)
        set(KBK_CUDA_BACKEND nvcc)
    else()
        set(KBK_CUDA_BACKEND emulated)
    endif()
endif()

if("${KBK_CUDA_BACKEND}" STREQUAL "nvcc")
    if(NOT KBK_NVCC)
        message(FATAL_ERROR "KBK_CUDA=nvcc, but there is no nvcc: install the CUDA Toolkit, or set KBK_CUDA=emulated.")
    endif()
    # Build for the GPU at hand; without one, for the real architectures that this toolkit names.
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
        if(EXISTS /dev/nvidia0)
            set(CMAKE_CUDA_ARCHITECTURES native)
        else()
            execute_process(COMMAND ${KBK_NVCC} --list-gpu-code OUTPUT_VARIABLE kbk_listed OUTPUT_STRIP_TRAILING_WHITESPACE)
            string(REGEX MATCHALL "sm_(75|80|86|89|90|100|120)" kbk_listed "${kbk_listed}")
            list(REMOVE_DUPLICATES kbk_listed)
            list(TRANSFORM kbk_listed REPLACE "sm_(.*)" "\\1-real" OUTPUT_VARIABLE CMAKE_CUDA_ARCHITECTURES)
        endif()
    endif()
    set(CMAKE_CUDA_COMPILER ${KBK_NVCC})
    list(JOIN KBK_NVCC_FLAGS " " flags)
    string(APPEND CMAKE_CUDA_FLAGS " ${flags}")
    set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
    enable_language(CUDA)
    # CMake 3.25 does not know that newer toolkits take C++20.
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
        set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
        set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
    endif()
endif()

# What the instrumented build of a kernel is compiled with. gcc's thread-sanitizer pass calls a hook for every access,
# before loops are unrolled or vectorised; the hooks are the profiler's, so nothing is linked with -fsanitize=thread.
# Structs stay whole (a float4 is one access), blocks keep the source's order, addr2line reads DWARF 4. An index beyond
# its array calls a hook as well.
set(KBK_CUDA_CHECKED_FLAGS $<$<CONFIG:Release>:-O1> -g -gdwarf-4 -fsanitize=thread -fsanitize-coverage=trace-pc -fsanitize=bounds
    -fno-tree-sra -fno-reorder-blocks -fno-reorder-blocks-and-partition -Wno-tsan)

# kbk_cuda_sources(TARGET [CHECKED] file.cu...): CUDA sources for the emulator, whatever Device::cuda is. CHECKED
# compiles them with the profiler's hooks: the program must link kbk_cuda_profiler.
function(kbk_cuda_sources target)
    cmake_parse_arguments(arg "CHECKED" "" "" ${ARGN})
    foreach(source IN LISTS arg_UNPARSED_ARGUMENTS)
        # A C++ source that holds nothing but the .cu file: so each target compiles it with flags of its own.
        get_filename_component(path ${source} ABSOLUTE)
        file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${path})
        get_filename_component(stem ${source} NAME)
        set(wrapper ${CMAKE_CURRENT_BINARY_DIR}/emulated/${target}/${stem}.cpp)
        file(CONFIGURE OUTPUT ${wrapper} CONTENT "#include \"${name}\"\n" @ONLY)
        target_sources(${target} PRIVATE ${wrapper})
        if(arg_CHECKED)
            set_source_files_properties(${wrapper} PROPERTIES COMPILE_OPTIONS "${KBK_CUDA_CHECKED_FLAGS}"
                                        COMPILE_DEFINITIONS KBK_CUDA_CHECKED)
        else()
            set_source_files_properties(${wrapper} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O2>)
        endif()
    endforeach()
    get_target_property(kind ${target} TYPE)
    if("${kind}" STREQUAL "EXECUTABLE")
        target_link_libraries(${target} PRIVATE kbk_cuda_emulator)
    else()
        target_link_libraries(${target} PUBLIC kbk_cuda_emulator)
    endif()
endfunction()

# The CUDA files of kbk_kernel(OP): in the library kbk_OP for what Device::cuda is in this build, and as the objects
# kbk_OP_checked for programs that check and profile: linked before the library, they take the place of its kernels.
function(kbk_cuda_kernel op)
    if("${KBK_CUDA_BACKEND}" STREQUAL "nvcc")
        target_sources(kbk_${op} PRIVATE ${ARGN})
    else()
        kbk_cuda_sources(kbk_${op} ${ARGN})
    endif()
    target_link_libraries(kbk_${op} PUBLIC kbk_cuda)
    if(NOT KBK_SANITIZE)  # gcc takes one sanitizer at a time
        add_library(kbk_${op}_checked OBJECT EXCLUDE_FROM_ALL)
        target_link_libraries(kbk_${op}_checked PUBLIC kbk_ladder)
        kbk_cuda_sources(kbk_${op}_checked CHECKED ${ARGN})
    endif()
endfunction()
