# The few kinds of target that the project has. Each folder says what it is made of in one call.
include(CMakeParseArguments)
include(doctest)

# kbk_library(NAME SOURCES file... [LIBRARIES target...] [PRIVATE target...]): a room of common/, as a static library.
function(kbk_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC kbk_options ${arg_LIBRARIES} PRIVATE ${arg_PRIVATE})
endfunction()

# kbk_no_hot_loops(target): a library that computes nothing to speak of: optimising it would only cost compile time.
function(kbk_no_hot_loops target)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# kbk_kernel(OP SOURCES file... [CUDA file.cu...] [LIBRARIES ...] [PRIVATE ...]): one operation's ladder, as the
# library kbk_OP. A reader's own rung, mine.cpp, joins the ladder where the file exists.
function(kbk_kernel op)
    cmake_parse_arguments(arg "" "" "SOURCES;CUDA;LIBRARIES;PRIVATE" ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/mine.cpp)
        list(APPEND arg_SOURCES mine.cpp)
    endif()
    kbk_library(kbk_${op} SOURCES ${arg_SOURCES} LIBRARIES kbk_ladder ${arg_LIBRARIES} PRIVATE ${arg_PRIVATE})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/mine.cpp)
        target_compile_definitions(kbk_${op} PRIVATE KBK_MINE)
    endif()
    set_property(GLOBAL APPEND PROPERTY KBK_LADDERS ${op})
    if(arg_CUDA)
        kbk_cuda_kernel(${op} ${arg_CUDA})
    endif()
endfunction()

# kbk_test(NAME SOURCES file... [LIBRARIES ...]): a doctest program; its cases are the tests "NAME.case".
function(kbk_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT TARGET kbk_doctest_main)
        add_library(kbk_doctest_main OBJECT ${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp)
        target_link_libraries(kbk_doctest_main PUBLIC kbk_options doctest::doctest)
        kbk_no_hot_loops(kbk_doctest_main)
    endif()
    add_executable(${name}_test ${arg_SOURCES})
    target_link_libraries(${name}_test PRIVATE kbk_doctest_main ${arg_LIBRARIES})
    kbk_no_hot_loops(${name}_test)
    doctest_discover_tests(${name}_test TEST_PREFIX "${name}." PROPERTIES TIMEOUT 120 LABELS ${name})
endfunction()

# kbk_cuda_test(NAME [CHECKED] SOURCES file.cu... [LIBRARIES ...]): the same, of CUDA sources run by the emulator;
# CHECKED instruments their kernels for the profiler.
function(kbk_cuda_test name)
    cmake_parse_arguments(arg "CHECKED" "" "SOURCES;LIBRARIES" ${ARGN})
    kbk_test(${name} LIBRARIES ${arg_LIBRARIES})
    if(arg_CHECKED)
        target_link_libraries(${name}_test PRIVATE kbk_cuda_profiler)
        kbk_cuda_sources(${name}_test CHECKED ${arg_SOURCES})
    else()
        kbk_cuda_sources(${name}_test ${arg_SOURCES})
    endif()
endfunction()

# kbk_chapter(NN_name [LIBRARIES ...]): the chapter's program, its test against expected.txt, and its exercises.
# An exercise is a stub NAME.cpp or NAME.cu with its check NAME_check.cpp and a solution of the same name in solutions/.
# CUDA sources always run in the emulator, with checks, whatever Device::cuda is.
function(kbk_chapter name)
    cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    add_executable(${name} ${sources})
    file(GLOB kernels CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cu)
    if(kernels)
        kbk_checked_cuda(${name} ${kernels})
    endif()
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} kbk_app)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    # From an edit to its first output in seconds: the kernels do the work, and they are optimised.
    kbk_no_hot_loops(${name})

    add_test(NAME chapter.${name}.expected
             COMMAND ${name} --expect ${CMAKE_CURRENT_SOURCE_DIR}/expected.txt
             WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    set_tests_properties(chapter.${name}.expected PROPERTIES TIMEOUT 600 LABELS "chapter" PROCESSORS 2
                         SKIP_RETURN_CODE 77)

    file(GLOB checks CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/exercises/*_check.cpp)
    foreach(check IN LISTS checks)
        get_filename_component(exercise ${check} NAME)
        string(REGEX REPLACE "_check.cpp$" "" exercise ${exercise})
        kbk_exercise(${name} ${exercise} LIBRARIES ${arg_LIBRARIES})
    endforeach()
endfunction()

# CUDA sources of a program that watches them. The emulator stands before other libraries, so that its runtime is the
# one in use.
function(kbk_checked_cuda target)
    target_link_libraries(${target} PRIVATE kbk_cuda_profiler)
    kbk_cuda_sources(${target} CHECKED ${ARGN})
endfunction()

function(kbk_exercise chapter exercise)
    cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
    set(suffix cpp)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/exercises/${exercise}.cu)
        set(suffix cu)
    endif()
    # One check, compiled once, and two answers to it.
    set(checker ${chapter}_${exercise}_check)
    add_library(${checker} OBJECT exercises/${exercise}_check.cpp)
    target_link_libraries(${checker} PRIVATE doctest::doctest ${arg_LIBRARIES})
    if("${suffix}" STREQUAL "cu")
        target_link_libraries(${checker} PRIVATE kbk_cuda_profiler)
    endif()
    kbk_no_hot_loops(${checker})
    foreach(kind check solution)
        set(target ${kind}_${chapter}_${exercise})
        if("${kind}" STREQUAL "check")
            set(answer exercises/${exercise}.${suffix})
        else()
            set(answer exercises/solutions/${exercise}.${suffix})
        endif()
        add_executable(${target})
        target_link_libraries(${target} PRIVATE ${checker})
        if("${suffix}" STREQUAL "cu")
            kbk_checked_cuda(${target} ${answer})
        else()
            target_sources(${target} PRIVATE ${answer})
        endif()
        target_link_libraries(${target} PRIVATE kbk_doctest_main ${arg_LIBRARIES})
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    endforeach()
    # The committed stub must fail its check by an assertion, not by a crash; the solution must pass.
    add_test(NAME exercise.${chapter}.${exercise}.stub
             COMMAND check_${chapter}_${exercise} --no-colors=true)
    set_tests_properties(exercise.${chapter}.${exercise}.stub PROPERTIES TIMEOUT 60 LABELS "exercise"
                         PASS_REGULAR_EXPRESSION "Status: FAILURE" FAIL_REGULAR_EXPRESSION "SIG[A-Z]+ - ")
    add_test(NAME exercise.${chapter}.${exercise}.solution COMMAND solution_${chapter}_${exercise})
    set_tests_properties(exercise.${chapter}.${exercise}.solution PROPERTIES TIMEOUT 60 LABELS "exercise")
endfunction()

# kbk_bench(OP LIBRARIES ...): the benchmark of one kernel's ladders; the target "benchmarks" builds them all. The
# test bench.quick.OP checks the rungs on its small problems and times nothing.
function(kbk_bench op)
    cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
    if(NOT TARGET benchmarks)
        add_custom_target(benchmarks)
    endif()
    add_executable(${op}_bench ${op}_bench.cpp)
    target_link_libraries(${op}_bench PRIVATE ${arg_LIBRARIES} kbk_bench)
    add_dependencies(benchmarks ${op}_bench)
    add_test(NAME bench.quick.${op} COMMAND ${op}_bench --quick --check-only)
    set_tests_properties(bench.quick.${op} PROPERTIES TIMEOUT 120 LABELS bench)
endfunction()
