# ./course emulate and ./course gdb emulate: scripts that compile and run programs with what this build made.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME emulate.translator COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/emulate_translator.py)
set_tests_properties(emulate.translator PROPERTIES TIMEOUT 60 LABELS emulate)

# Readers' programs are compiled without sanitizers, and cannot be linked with what a sanitizer's build makes.
if(KBK_SANITIZE)
    return()
endif()
add_test(NAME emulate.build COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target kbk_cuda_api)
set_tests_properties(emulate.build PROPERTIES FIXTURES_SETUP kbk_cuda_api TIMEOUT 600 LABELS emulate)
add_test(NAME emulate.programs
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/emulate_programs.py ${PROJECT_BINARY_DIR})
set_tests_properties(emulate.programs PROPERTIES TIMEOUT 900 PROCESSORS 2 FIXTURES_REQUIRED kbk_cuda_api LABELS emulate)
# Every program of the corpus: ctest -C all.
add_test(NAME emulate.corpus CONFIGURATIONS all
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/emulate_programs.py ${PROJECT_BINARY_DIR} --all CorpusTest)
set_tests_properties(emulate.corpus PROPERTIES TIMEOUT 1200 PROCESSORS 2 FIXTURES_REQUIRED kbk_cuda_api LABELS emulate)
add_test(NAME emulate.pages
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/emulate_pages.py ${PROJECT_BINARY_DIR})
set_tests_properties(emulate.pages PROPERTIES TIMEOUT 300 FIXTURES_REQUIRED kbk_cuda_api LABELS emulate)
add_test(NAME emulate.gdb COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/emulate_gdb.py ${PROJECT_BINARY_DIR})
set_tests_properties(emulate.gdb PROPERTIES TIMEOUT 300 FIXTURES_REQUIRED kbk_cuda_api SKIP_RETURN_CODE 77 LABELS emulate)
