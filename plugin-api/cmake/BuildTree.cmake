# Makes the build directory a prefix like that of an installation, as far as the SDK goes: plugins
# outside of the tree can be built against it with -DCMAKE_PREFIX_PATH=<build directory>.
set(build_package ${CMAKE_BINARY_DIR}/${package_dir})
foreach(file
    ${CMAKE_CURRENT_BINARY_DIR}/IngestPluginConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/IngestPluginConfigVersion.cmake
    ${CMAKE_CURRENT_LIST_DIR}/IngestAddPlugin.cmake
    ${CMAKE_CURRENT_LIST_DIR}/exports.map)
  get_filename_component(name ${file} NAME)
  configure_file(${file} ${build_package}/${name} COPYONLY)
endforeach()
export(EXPORT IngestPluginTargets NAMESPACE ingest::
  FILE ${build_package}/IngestPluginTargets.cmake)

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/ingest ${CMAKE_BINARY_DIR}/lib/ingest
  ${CMAKE_BINARY_DIR}/plugins)
file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/rust ${CMAKE_BINARY_DIR}/share/ingest/rust SYMBOLIC)
file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/examples ${CMAKE_BINARY_DIR}/share/ingest/examples
  SYMBOLIC)
file(CREATE_LINK ${CMAKE_BINARY_DIR}/plugins ${CMAKE_BINARY_DIR}/lib/ingest/plugins SYMBOLIC)
