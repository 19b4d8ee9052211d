# ingest_room(NAME spool SOURCES a.cpp ... [DEPS base model ...] [LIBS pkg ...]
#   [PRIVATE_LIBS pkg ...])
# One room of the host: a folder, a namespace, a static library `ingest_<name>`.
# DEPS are rooms, LIBS and PRIVATE_LIBS the third-party targets that enter the house through it;
# the private ones do not show in its headers.
function(ingest_room)
  cmake_parse_arguments(ROOM "" "NAME" "SOURCES;DEPS;LIBS;PRIVATE_LIBS" ${ARGN})
  set(target ingest_${ROOM_NAME})
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/host)
  list(TRANSFORM ROOM_DEPS PREPEND ingest_)
  target_link_libraries(${target}
    PUBLIC ${ROOM_DEPS} ${ROOM_LIBS}
    PRIVATE ingest_flags ${ROOM_PRIVATE_LIBS})
endfunction()

# ingest_test(NAME spool_record_test SOURCES record_test.cpp ... DEPS spool ... [LABEL unit])
# A GoogleTest binary, registered with CTest as one test under the label.
function(ingest_test)
  cmake_parse_arguments(T "" "NAME;LABEL;TIMEOUT" "SOURCES;DEPS;LIBS" ${ARGN})
  if(NOT T_LABEL)
    set(T_LABEL unit)
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 600)
  endif()
  add_executable(${T_NAME} ${T_SOURCES})
  list(TRANSFORM T_DEPS PREPEND ingest_)
  target_include_directories(${T_NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${T_NAME} PRIVATE
    ${T_DEPS} ${T_LIBS} ingest_flags GTest::gmock GTest::gtest_main)
  set_target_properties(${T_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${T_NAME} COMMAND ${T_NAME})
  set_tests_properties(${T_NAME} PROPERTIES
    LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT} ENVIRONMENT "${INGEST_TEST_ENVIRONMENT}")
endfunction()
