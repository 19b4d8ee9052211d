# What both functions ask of a name: that of the file is the plugin's id.
function(_ingest_check_plugin_name function name)
  string(LENGTH "${name}" length)
  if(NOT name MATCHES "^[a-z0-9-]+$" OR length GREATER 64)
    message(FATAL_ERROR "${function}: NAME is '${name}'; a plugin's name, which is its id too, "
      "has 1 to 64 of a-z, 0-9 and -.")
  endif()
endfunction()

# ingest_add_plugin(NAME range SOURCES range.cpp ... [LIBS pkg ...])
# A plugin in C or C++: the target `range`, NAME.so, which exports the entry symbol and nothing
# else, and has no undefined symbols. C++20 and C11 at least. It is made in the directory
# INGEST_PLUGIN_OUTPUT_DIRECTORY, if that is set.
function(ingest_add_plugin)
  cmake_parse_arguments(P "" "NAME" "SOURCES;LIBS" ${ARGN})
  _ingest_check_plugin_name(ingest_add_plugin "${P_NAME}")
  if(NOT P_SOURCES OR P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ingest_add_plugin(${P_NAME}): SOURCES are needed, and nothing else is "
      "known but NAME and LIBS (found: ${P_UNPARSED_ARGUMENTS}).")
  endif()
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/exports.map)
  add_library(${P_NAME} MODULE ${P_SOURCES})
  # For checks that go over all plugins of a build.
  set_property(GLOBAL APPEND PROPERTY INGEST_PLUGIN_FILES $<TARGET_FILE:${P_NAME}>)
  set_target_properties(${P_NAME} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${exports})
  if(NOT CMAKE_CXX_STANDARD OR CMAKE_CXX_STANDARD LESS 20)
    set_target_properties(${P_NAME} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
  endif()
  if(NOT CMAKE_C_STANDARD OR CMAKE_C_STANDARD LESS 11 OR CMAKE_C_STANDARD GREATER_EQUAL 90)
    set_target_properties(${P_NAME} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON)
  endif()
  if(INGEST_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${P_NAME} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY ${INGEST_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  target_link_libraries(${P_NAME} PRIVATE ingest::plugin_api ${P_LIBS})
  target_link_options(${P_NAME} PRIVATE -Wl,--version-script=${exports})
  # clang links its sanitizer runtime into the executable alone, so symbols stay open there.
  if(NOT (INGEST_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang"))
    target_link_options(${P_NAME} PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# ingest_add_rust_plugin(NAME check-digit CRATE DIRECTORY)
# A plugin in Rust: the target `check-digit` runs Cargo, offline, on the crate of this name in
# DIRECTORY, a cdylib, and makes NAME.so where ingest_add_plugin would. Cargo's own directory is in
# the build tree. Needs `cargo`; INGEST_CARGO names another one.
function(ingest_add_rust_plugin)
  cmake_parse_arguments(P "" "NAME;CRATE" "" ${ARGN})
  _ingest_check_plugin_name(ingest_add_rust_plugin "${P_NAME}")
  if(NOT P_CRATE OR P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ingest_add_rust_plugin(${P_NAME}): CRATE, the directory of Cargo.toml, is "
      "needed, and nothing else is known but NAME (found: ${P_UNPARSED_ARGUMENTS}).")
  endif()
  find_program(INGEST_CARGO cargo)
  if(NOT INGEST_CARGO)
    message(FATAL_ERROR "ingest_add_rust_plugin(${P_NAME}): cargo was not found; install Rust 1.63 "
      "or later, or set INGEST_CARGO.")
  endif()
  get_filename_component(crate "${P_CRATE}" ABSOLUTE)
  set(directory ${CMAKE_CURRENT_BINARY_DIR})
  if(INGEST_PLUGIN_OUTPUT_DIRECTORY)
    set(directory ${INGEST_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  set(target_dir ${CMAKE_CURRENT_BINARY_DIR}/${P_NAME}.cargo)
  string(REPLACE "-" "_" library "lib${P_NAME}.so")
  # Always run: Cargo knows best what has changed.
  add_custom_target(${P_NAME} ALL
    COMMAND ${INGEST_CARGO} build --quiet --release --offline
      --manifest-path ${crate}/Cargo.toml --target-dir ${target_dir}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${directory}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different
      ${target_dir}/release/${library} ${directory}/${P_NAME}.so
    BYPRODUCTS ${directory}/${P_NAME}.so
    COMMENT "Building the Rust plugin ${P_NAME}"
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY INGEST_PLUGIN_FILES ${directory}/${P_NAME}.so)
endfunction()
