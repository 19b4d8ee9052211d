# ingest_embed_assets(TARGET NAMESPACE ns HEADER path.h ASSETS url=file ...)
#
# Makes the static library TARGET whose bytes are the given files. Its generated header, included
# as <HEADER>, says
#
#   namespace ns {
#   struct Asset { std::string_view path; std::string_view content_type; std::string_view bytes; };
#   std::span<const Asset> assets() noexcept;
#   }
#
# `path` is the url as given. The content type follows from the extension of the file, or of the
# url where the file has none; an unknown extension stops the configuration. The bytes live in
# read-only memory for the process's life, 64-byte aligned, with a zero behind them that is not
# counted. A changed file is embedded again by the next build. The files may be outputs of a custom
# command of the same directory. The caller enables the language ASM.

set(INGEST_CONTENT_TYPES
  ".html=text/html@ charset=utf-8"
  ".js=text/javascript@ charset=utf-8"
  ".css=text/css@ charset=utf-8"
  ".json=application/json"
  ".svg=image/svg+xml"
  ".png=image/png"
  ".txt=text/plain@ charset=utf-8"
  ".md=text/markdown@ charset=utf-8"
  ".yaml=application/yaml"
  ".toml=application/toml"
  ".c=text/x-c@ charset=utf-8"
  ".cpp=text/x-c++src@ charset=utf-8"
  ".rs=text/x-rust@ charset=utf-8")

# The `;` of a content type is written `@` above: in a CMake list it would separate two elements.
function(ingest_content_type url file out)
  get_filename_component(extension "${file}" LAST_EXT)
  if(extension STREQUAL "")
    get_filename_component(extension "${url}" LAST_EXT)
  endif()
  foreach(entry IN LISTS INGEST_CONTENT_TYPES)
    if(entry MATCHES "^\\${extension}=(.*)$")
      string(REPLACE "@" ";" type "${CMAKE_MATCH_1}")
      set(${out} "${type}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "ingest_embed_assets: no content type is known for '${url}' (${file}); "
    "add its extension '${extension}' to INGEST_CONTENT_TYPES in cmake/EmbedAsset.cmake.")
endfunction()

function(ingest_embed_assets target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAMESPACE;HEADER" "ASSETS")
  if(NOT arg_NAMESPACE OR NOT arg_HEADER OR NOT arg_ASSETS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ingest_embed_assets(${target}): NAMESPACE, HEADER and ASSETS are "
      "needed, nothing else.")
  endif()

  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${target}.embedded)
  set(files "")
  set(assembly "    .section .rodata\n")
  set(externs "")
  set(rows "")
  list(LENGTH arg_ASSETS count)
  set(index 0)
  foreach(asset IN LISTS arg_ASSETS)
    if(NOT asset MATCHES "^(/[^=]*)=(/.+)$")
      message(FATAL_ERROR "ingest_embed_assets(${target}): '${asset}' is not /url=/absolute/file.")
    endif()
    set(url "${CMAKE_MATCH_1}")
    set(file "${CMAKE_MATCH_2}")
    ingest_content_type("${url}" "${file}" type)
    set(symbol ${target}_asset_${index})
    string(APPEND assembly
      "\n    .balign 64\n    .globl ${symbol}\n    .hidden ${symbol}\n"
      "${symbol}:\n    .incbin \"${file}\"\n"
      "    .globl ${symbol}_end\n    .hidden ${symbol}_end\n${symbol}_end:\n    .byte 0\n")
    string(APPEND externs "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
    string(APPEND rows "        {\"${url}\", \"${type}\", between(${symbol}, ${symbol}_end)},\n")
    list(APPEND files "${file}")
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND assembly "\n    .section .note.GNU-stack,\"\",%progbits\n")

  # file(CONFIGURE) leaves an unchanged file alone, so configuring again builds nothing again.
  file(CONFIGURE OUTPUT ${dir}/assets.S CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT ${dir}/include/${arg_HEADER} @ONLY CONTENT "#pragma once

#include <span>
#include <string_view>

namespace ${arg_NAMESPACE} {

/// One file inside the executable. Views are valid for the life of the process.
struct Asset {
    std::string_view path;
    std::string_view content_type;
    std::string_view bytes;
};

/// Any thread.
std::span<const Asset> assets() noexcept;

}  // namespace ${arg_NAMESPACE}
")
  file(CONFIGURE OUTPUT ${dir}/assets.cpp @ONLY CONTENT "#include \"${arg_HEADER}\"

#include <array>
#include <cstddef>

extern \"C\" {
${externs}}

namespace ${arg_NAMESPACE} {

namespace {

std::string_view between(const char* begin, const char* end) noexcept {
    return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::span<const Asset> assets() noexcept {
    static const std::array<Asset, ${count}> all{{
${rows}    }};
    return all;
}

}  // namespace ${arg_NAMESPACE}
")

  # The files are sources too: only so does a custom command that makes them belong to this target.
  add_library(${target} STATIC ${dir}/assets.cpp ${dir}/assets.S ${files})
  set_source_files_properties(${files} PROPERTIES HEADER_FILE_ONLY ON)
  set_source_files_properties(${dir}/assets.S PROPERTIES OBJECT_DEPENDS "${files}")
  target_include_directories(${target} SYSTEM INTERFACE ${dir}/include)
  target_include_directories(${target} PRIVATE ${dir}/include)
  target_compile_features(${target} PUBLIC cxx_std_20)
endfunction()
