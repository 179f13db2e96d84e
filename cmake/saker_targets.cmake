# How a thing is built, once each: the library, a room of it, a binary of ours, a test of a folder.
# Options are put on our own targets only. Folders are globbed with CONFIGURE_DEPENDS, so that every
# source in a room is built and there is no list to forget a file in.

set(SAKER_ROOT ${CMAKE_CURRENT_LIST_DIR}/..)
cmake_path(NORMAL_PATH SAKER_ROOT)

# Warnings; file names in messages without the place where the source happens to lie (also as ccache
# rewrites it); and link-time code beside real code, so that a library installed from such a build can
# be linked by any compiler. A shared library shows all its symbols until the public headers say which.
function(saker_compile_options TARGET)
    target_compile_features(${TARGET} PRIVATE cxx_std_20)
    set_target_properties(${TARGET} PROPERTIES CXX_EXTENSIONS OFF)
    if(NOT BUILD_SHARED_LIBS)
        set_target_properties(${TARGET} PROPERTIES
            CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    endif()
    file(RELATIVE_PATH from_build ${CMAKE_BINARY_DIR} ${SAKER_ROOT})
    target_compile_options(${TARGET} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
        $<$<BOOL:${SAKER_WERROR}>:-Werror>
        -ffile-prefix-map=${SAKER_ROOT}= -ffile-prefix-map=${from_build}=)
    if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${TARGET} PRIVATE -ffat-lto-objects)
    endif()
    # g++ 13 and later take a reference that a function gives back for one to its temporary argument.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
        target_compile_options(${TARGET} PRIVATE -Wno-dangling-reference)
    endif()
endfunction()

# The one library. `saker_private` is what tests and tools link that look inside: include paths from
# the repository's root, and every symbol even when the library is shared and hides them.
function(saker_library)
    add_library(saker_library)
    add_library(saker::saker ALIAS saker_library)
    saker_compile_options(saker_library)
    file(GLOB headers CONFIGURE_DEPENDS ${SAKER_ROOT}include/saker/*.h)
    target_sources(saker_library PUBLIC FILE_SET HEADERS BASE_DIRS ${SAKER_ROOT}include FILES ${headers})
    target_compile_features(saker_library PUBLIC cxx_std_20)
    target_include_directories(saker_library PRIVATE ${SAKER_ROOT})
    target_link_libraries(saker_library PRIVATE Threads::Threads simdjson::simdjson OpenSSL::SSL
        PkgConfig::SAKER_NGHTTP2)
    target_compile_definitions(saker_library PRIVATE SAKER_HAS_IO_URING=${SAKER_HAS_IO_URING}
        $<$<BOOL:${SAKER_NGHTTP2_LIMITS_RESETS}>:SAKER_NGHTTP2_LIMITS_RESETS>
        $<$<BOOL:${SAKER_NGHTTP2_LIMITS_CONTINUATIONS}>:SAKER_NGHTTP2_LIMITS_CONTINUATIONS>)
    if(SAKER_HAS_IO_URING)
        target_link_libraries(saker_library PRIVATE PkgConfig::SAKER_LIBURING)
    endif()
    set_target_properties(saker_library PROPERTIES OUTPUT_NAME saker EXPORT_NAME saker
        LINKER_LANGUAGE CXX VERIFY_INTERFACE_HEADER_SETS ${SAKER_TESTS}
        VERSION ${saker_VERSION} SOVERSION ${saker_VERSION_MAJOR}.${saker_VERSION_MINOR})
    if(BUILD_SHARED_LIBS)
        add_library(saker_private STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:saker_library>)
        target_include_directories(saker_private INTERFACE ${SAKER_ROOT} ${SAKER_ROOT}include)
        target_link_libraries(saker_private INTERFACE Threads::Threads simdjson::simdjson OpenSSL::SSL
            PkgConfig::SAKER_NGHTTP2 $<$<BOOL:${SAKER_HAS_IO_URING}>:PkgConfig::SAKER_LIBURING>)
        set_target_properties(saker_private PROPERTIES LINKER_LANGUAGE CXX)
    else()
        add_library(saker_private INTERFACE)
        target_include_directories(saker_private INTERFACE ${SAKER_ROOT})
        target_link_libraries(saker_private INTERFACE saker_library)
    endif()
    target_compile_definitions(saker_private INTERFACE SAKER_HAS_IO_URING=${SAKER_HAS_IO_URING})
endfunction()

# One room: all sources of its folder, or the files that are named.
function(saker_room NAME)
    set(files ${ARGN})
    if(NOT files)
        file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${NAME}/*.cc)
    else()
        list(TRANSFORM files PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/${NAME}/)
    endif()
    target_sources(saker_library PRIVATE ${files})
endfunction()

# A program of ours, linked with `saker::saker` or with the inside of it.
function(saker_binary TARGET)
    cmake_parse_arguments(PARSE_ARGV 1 BINARY "INSIDE;MIMALLOC" "" "SOURCES")
    add_executable(${TARGET} ${BINARY_SOURCES})
    saker_compile_options(${TARGET})
    target_link_options(${TARGET} PRIVATE ${SAKER_LINK_OPTIONS})
    if(BINARY_INSIDE)
        target_link_libraries(${TARGET} PRIVATE saker_private)
    else()
        target_link_libraries(${TARGET} PRIVATE saker::saker)
    endif()
    if(BINARY_MIMALLOC AND SAKER_MIMALLOC_LIBRARY)  # wanted though no symbol of its own is called
        target_link_libraries(${TARGET} PRIVATE
            -Wl,--push-state,--no-as-needed ${SAKER_MIMALLOC_LIBRARY} -Wl,--pop-state)
    endif()
endfunction()

# All *_test.cc of one folder as one binary, saker_NAME_test. What follows are libraries that only this
# folder needs.
function(saker_test_binary NAME FOLDER)
    file(GLOB files CONFIGURE_DEPENDS ${FOLDER}/*_test.cc)
    if(NOT files)
        return()
    endif()
    set(target saker_${NAME}_test)
    saker_binary(${target} INSIDE SOURCES ${files})
    target_link_libraries(${target} PRIVATE ${ARGN} saker_test_support
        GTest::gtest GTest::gtest_main)
    target_precompile_headers(${target} REUSE_FROM saker_test_pch)
endfunction()

# The binary of one folder of tests/ as one ctest entry with one label (a gate).
function(saker_test FOLDER LABEL)
    saker_test_binary(${FOLDER} ${CMAKE_CURRENT_SOURCE_DIR}/${FOLDER} ${ARGN})
    if(NOT TARGET saker_${FOLDER}_test)
        return()
    endif()
    saker_add_test(${FOLDER} LABEL ${LABEL} COMMAND saker_${FOLDER}_test)
    set_tests_properties(${FOLDER} PROPERTIES
        ENVIRONMENT GTEST_OUTPUT=xml:${saker_BINARY_DIR}/log/${FOLDER}.xml)
endfunction()

# A ctest entry, run from the repository's root so that vectors and corpora have short names.
# A command that ends with 77 was skipped. One that is labelled slow runs only when it is asked for
# (ctest -C slow, tools/test --slow).
function(saker_add_test NAME)
    cmake_parse_arguments(PARSE_ARGV 1 TEST "SERIAL" "LABEL;TIMEOUT" "COMMAND")
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 600)
    endif()
    set(only)
    if(TEST_LABEL STREQUAL "slow")
        set(only CONFIGURATIONS slow)
    endif()
    add_test(NAME ${NAME} COMMAND ${TEST_COMMAND} WORKING_DIRECTORY ${SAKER_ROOT} ${only})
    set_tests_properties(${NAME} PROPERTIES LABELS "${TEST_LABEL};${SAKER_TEST_LABELS}"
        TIMEOUT ${TEST_TIMEOUT} RUN_SERIAL ${TEST_SERIAL} SKIP_RETURN_CODE 77)
endfunction()
