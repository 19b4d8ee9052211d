# ingest_add_plugin(NAME range SOURCES range.cpp ... [LIBS pkg ...])
# A plugin: NAME.so, which exports the entry symbol and nothing else, and has no undefined symbols.
function(ingest_add_plugin)
  cmake_parse_arguments(P "" "NAME" "SOURCES;LIBS" ${ARGN})
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/exports.map)
  add_library(${P_NAME} MODULE ${P_SOURCES})
  set_target_properties(${P_NAME} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${exports})
  if(INGEST_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${P_NAME} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY ${INGEST_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  target_link_libraries(${P_NAME} PRIVATE ingest_plugin_api ${P_LIBS})
  target_link_options(${P_NAME} PRIVATE -Wl,--version-script=${exports})
  # clang links its sanitizer runtime into the executable alone, so symbols stay open there.
  if(NOT (INGEST_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang"))
    target_link_options(${P_NAME} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
