# The component `host`: the program, its plugins, and configurations to begin with. The SDK's rules
# are in plugin-api/cmake/Install.cmake.
install(TARGETS ingest-host RUNTIME DESTINATION bin COMPONENT host)
install(TARGETS equipment-id range rules postgres-sink redis-sink sqlite-sink
  LIBRARY DESTINATION lib/ingest/plugins COMPONENT host)
install(FILES config.yaml DESTINATION share/ingest COMPONENT host)
install(DIRECTORY presets DESTINATION share/ingest COMPONENT host FILES_MATCHING PATTERN "*.yaml")
if(TARGET ingest-check)
  install(TARGETS ingest-check RUNTIME DESTINATION bin COMPONENT sdk)
endif()
