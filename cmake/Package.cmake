# A Debian package of the program with its plugins, a unit for systemd and a configuration to begin
# with. In a build folder: cpack
install(FILES presets/embedded.yaml DESTINATION /etc/ingest RENAME config.yaml COMPONENT debian)
install(FILES deploy/systemd/ingest-host.service DESTINATION /lib/systemd/system COMPONENT debian)

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
include(CPack)
