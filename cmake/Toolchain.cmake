# What every target is compiled with. Warnings are errors in our own code only.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(Threads REQUIRED)

add_library(ingest_flags INTERFACE)
target_compile_options(ingest_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
# g++ 12 reports overlapping copies in `"text" + std::string` that cannot happen (GCC bug 105329).
target_compile_options(ingest_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_link_libraries(ingest_flags INTERFACE Threads::Threads)

if(INGEST_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "Fuzzing needs clang: use the preset `fuzz`")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(INGEST_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(INGEST_SANITIZE STREQUAL "thread")
  # g++ warns for each fence in Asio that TSan does not model; there is one suppression for it
  # in tests/support/tsan.supp.
  add_compile_options(-fsanitize=thread -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(NOT INGEST_SANITIZE STREQUAL "")
  message(FATAL_ERROR "INGEST_SANITIZE=${INGEST_SANITIZE}: use address, thread, or leave it empty")
endif()
if(INGEST_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
