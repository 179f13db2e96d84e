# What comes from the system: threads, simdjson, OpenSSL, nghttp2, liburing (optional), mimalloc (optional, our
# binaries only), and for development ccache and lld when they are there. Nothing is ever downloaded.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Reads the configuration; one source includes it (hosting/configuration/json_source.cc).
# The version is compared here, since its package takes a later major one for unfit.
find_package(simdjson CONFIG QUIET)
if(NOT TARGET simdjson::simdjson OR simdjson_VERSION VERSION_LESS 3.0)
    message(FATAL_ERROR "saker needs simdjson 3.0 or later (apt-get install libsimdjson-dev)")
endif()

# TLS; only protocols/tls includes it.
find_package(OpenSSL 3.0 QUIET)
if(NOT OpenSSL_FOUND)
    message(FATAL_ERROR "saker needs OpenSSL 3.0 or later (apt-get install libssl-dev)")
endif()

# Frames and HPACK of HTTP/2; only protocols/http2/nghttp2_session.cc includes it.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(SAKER_NGHTTP2 QUIET IMPORTED_TARGET libnghttp2>=1.52)
endif()
if(NOT SAKER_NGHTTP2_FOUND)
    message(FATAL_ERROR "saker needs nghttp2 1.52 or later and pkg-config (apt-get install libnghttp2-dev pkg-config)")
endif()

# Limits of its own that came with security fixes, also to older versions of distributions: ours are
# stricter and say why, so that its own are set out of the way where they are there.
include(CheckSymbolExists)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::SAKER_NGHTTP2)
check_symbol_exists(nghttp2_option_set_stream_reset_rate_limit nghttp2/nghttp2.h SAKER_NGHTTP2_LIMITS_RESETS)
check_symbol_exists(nghttp2_option_set_max_continuations nghttp2/nghttp2.h SAKER_NGHTTP2_LIMITS_CONTINUATIONS)
set(CMAKE_REQUIRED_LIBRARIES)

set(SAKER_HAS_IO_URING 0)
if(NOT SAKER_IO_URING STREQUAL "OFF")
    if(PkgConfig_FOUND)
        pkg_check_modules(SAKER_LIBURING QUIET IMPORTED_TARGET liburing>=2.3)
    endif()
    if(SAKER_LIBURING_FOUND)
        set(SAKER_HAS_IO_URING 1)
    elseif(SAKER_IO_URING STREQUAL "ON")
        message(FATAL_ERROR "SAKER_IO_URING=ON needs liburing 2.3 or later and pkg-config "
            "(apt-get install liburing-dev pkg-config)")
    else()
        message(STATUS "saker: no liburing 2.3 found, the transport io_uring is left out")
    endif()
endif()

# libmimalloc.so replaces malloc in the program that links it; nobody includes its header.
set(SAKER_MIMALLOC_LIBRARY)
if(NOT SAKER_MIMALLOC STREQUAL "OFF")
    find_library(SAKER_MIMALLOC_FILE mimalloc)
    mark_as_advanced(SAKER_MIMALLOC_FILE)
    if(SAKER_MIMALLOC_FILE)
        set(SAKER_MIMALLOC_LIBRARY ${SAKER_MIMALLOC_FILE})
    elseif(SAKER_MIMALLOC STREQUAL "ON")
        message(FATAL_ERROR "SAKER_MIMALLOC=ON needs mimalloc (apt-get install libmimalloc-dev)")
    endif()
endif()

# A precompiled header is only cached when ccache may trust its macros; paths are made relative so
# that a second clone finds what the first one compiled.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(SAKER_CCACHE ccache)
    mark_as_advanced(SAKER_CCACHE)
    if(SAKER_CCACHE)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
            CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
            CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${SAKER_CCACHE})
    endif()
endif()

# lld cannot read g++'s link-time code: such builds keep the compiler's own linker.
set(SAKER_LINK_OPTIONS)
find_program(SAKER_LLD NAMES ld.lld)
mark_as_advanced(SAKER_LLD)
if(SAKER_LLD AND NOT (CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"))
    set(SAKER_LINK_OPTIONS -fuse-ld=lld)
endif()
