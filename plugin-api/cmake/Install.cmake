# The component `sdk`: what one needs to build plugins, and nothing of the host.

# The package has the version of the ABI: a plugin that asks for 1.2 needs headers of minor 2.
file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/include/ingest/plugin/status.h abi_version
  REGEX "^#define INGEST_ABI_(MAJOR|MINOR) UINT32_C")
set(IngestPlugin_VERSION 0)
if(abi_version MATCHES "MAJOR UINT32_C.([0-9]+).*MINOR UINT32_C.([0-9]+)")
  set(IngestPlugin_VERSION ${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.0)
else()
  message(FATAL_ERROR "status.h does not say INGEST_ABI_MAJOR and INGEST_ABI_MINOR")
endif()

include(CMakePackageConfigHelpers)
set(package_dir share/cmake/IngestPlugin)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/IngestPluginConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/IngestPluginConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/IngestPluginConfigVersion.cmake
  VERSION ${IngestPlugin_VERSION} COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)

install(TARGETS ingest_plugin_api EXPORT IngestPluginTargets)
install(EXPORT IngestPluginTargets NAMESPACE ingest:: DESTINATION ${package_dir} COMPONENT sdk)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/IngestPluginConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/IngestPluginConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/IngestAddPlugin.cmake
  ${CMAKE_CURRENT_LIST_DIR}/exports.map
  DESTINATION ${package_dir} COMPONENT sdk)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/ingest DESTINATION include COMPONENT sdk
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/rust ${CMAKE_CURRENT_SOURCE_DIR}/examples
  DESTINATION share/ingest COMPONENT sdk PATTERN target EXCLUDE)
