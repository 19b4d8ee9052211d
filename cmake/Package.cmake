# A Debian package of the program with its plugins, a unit for systemd, a configuration to begin
# with, and what an operator needs to watch and secure it. In a build folder: cpack
#
# Not for `cmake --install`: it would put the configuration in place of the operator's.
set(debian COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES presets/embedded.yaml DESTINATION /etc/ingest RENAME config.yaml ${debian})
install(FILES deploy/systemd/ingest-host.service DESTINATION /lib/systemd/system ${debian})
install(DIRECTORY deploy/grafana deploy/prometheus DESTINATION share/ingest ${debian})
install(DIRECTORY deploy/systemd DESTINATION share/ingest ${debian}
  PATTERN ingest-host.service EXCLUDE)

# As in the repository, so that their links hold.
set(documents share/doc/ingest-host)
install(FILES README.md DESTINATION ${documents} ${debian})
install(FILES deploy/README.md deploy/compose.yaml DESTINATION ${documents}/deploy
  ${debian})
install(DIRECTORY docs DESTINATION ${documents} ${debian} FILES_MATCHING PATTERN "*.md")
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/debian)
foreach(name grafana prometheus systemd)
  file(CREATE_LINK ../../../ingest/${name} ${CMAKE_BINARY_DIR}/debian/${name} SYMBOLIC)
  install(FILES ${CMAKE_BINARY_DIR}/debian/${name} DESTINATION ${documents}/deploy
    ${debian})
endforeach()
file(CREATE_LINK /lib/systemd/system/ingest-host.service
  ${CMAKE_BINARY_DIR}/debian/ingest-host.service SYMBOLIC)
install(FILES ${CMAKE_BINARY_DIR}/debian/ingest-host.service DESTINATION share/ingest/systemd
  ${debian})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ingest-host)
set(CPACK_PACKAGE_VENDOR "The ingest-host authors")
set(CPACK_PACKAGE_CONTACT "The ingest-host authors <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL host debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
# What an operator changes is kept by an upgrade.
file(WRITE ${CMAKE_BINARY_DIR}/debian/conffiles "/etc/ingest/config.yaml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/debian/conffiles)
foreach(script postinst postrm prerm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/debian/${script})
endforeach()
include(CPack)
