# `cmake --install`: the library, the public headers, the CMake package and the pkg-config file. All of
# them find each other relative to where they lie, so the prefix may be moved afterwards.
include(CMakePackageConfigHelpers)

set(SAKER_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/saker)
install(TARGETS saker_library EXPORT saker_targets
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT saker_targets NAMESPACE saker:: DESTINATION ${SAKER_CMAKE_DIR}
    FILE saker-targets.cmake)
if(TARGET saker_command)
    install(TARGETS saker_command)
endif()

get_target_property(SAKER_LIBRARY_TYPE saker_library TYPE)
set(SAKER_IS_STATIC 0)
if(SAKER_LIBRARY_TYPE STREQUAL "STATIC_LIBRARY")
    set(SAKER_IS_STATIC 1)
endif()
set(SAKER_NEEDS_LIBURING 0)
if(SAKER_IS_STATIC AND SAKER_HAS_IO_URING)
    set(SAKER_NEEDS_LIBURING 1)
endif()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/saker-config.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/saker-config.cmake INSTALL_DESTINATION ${SAKER_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/saker-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/saker-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/saker-config-version.cmake DESTINATION ${SAKER_CMAKE_DIR})

# A static library names what it needs for everybody; a shared one keeps it to itself.
if(SAKER_IS_STATIC)
    set(SAKER_PC_LIBS " -pthread")
    set(SAKER_PC_REQUIRES "simdjson >= 3.0, openssl >= 3.0, libnghttp2 >= 1.52")
endif()
if(SAKER_NEEDS_LIBURING)
    string(APPEND SAKER_PC_REQUIRES ", liburing >= 2.3")
endif()
cmake_path(SET pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${pc_dir} OUTPUT_VARIABLE SAKER_PC_PREFIX)
configure_file(${CMAKE_CURRENT_LIST_DIR}/saker.pc.in ${CMAKE_CURRENT_BINARY_DIR}/saker.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/saker.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
