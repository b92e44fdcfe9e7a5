# Where everything goes on a machine (cmake --install), and the Debian package (cpack).

include(GNUInstallDirs)
set(unit_folder lib/systemd/system) # not CMAKE_INSTALL_LIBDIR, which is the architecture's

install(TARGETS troupe DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS troupe-host DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/troupe) # where the node looks for it
install(TARGETS troupe-lan DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/troupe) # likewise

configure_file(packaging/troupe.service.in ${CMAKE_BINARY_DIR}/packaging/troupe.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/packaging/troupe.service DESTINATION ${unit_folder})
install(FILES packaging/troupe.toml DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/troupe)
install(FILES README.md CHANGELOG.md examples/troupe.toml DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY examples/monitoring DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY examples/digits DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
        PATTERN demo EXCLUDE PATTERN __pycache__ EXCLUDE)

# Written by the program itself, where it can.
install(DIRECTORY ${CMAKE_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL FILES_MATCHING PATTERN "*.1")
install(DIRECTORY ${CMAKE_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 OPTIONAL FILES_MATCHING PATTERN "*.5")
install(CODE "set(troupe_program \"$<TARGET_FILE:troupe>\")\nset(made \"${CMAKE_BINARY_DIR}/completions\")")
install(CODE [[
  foreach(row "bash|bash-completion/completions|troupe" "zsh|zsh/vendor-completions|_troupe" "fish|fish/vendor_completions.d|troupe.fish")
    string(REPLACE "|" ";" row "${row}")
    list(GET row 0 shell)
    list(GET row 1 folder)
    list(GET row 2 name)
    file(MAKE_DIRECTORY ${made}/${shell})
    execute_process(COMMAND ${troupe_program} completion ${shell} OUTPUT_FILE ${made}/${shell}/${name} ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      file(INSTALL ${made}/${shell}/${name} DESTINATION ${CMAKE_INSTALL_PREFIX}/share/${folder})
    endif()
  endforeach()
]])

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON) # the configuration goes to /etc, whatever the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME troupe)
set(CPACK_PACKAGE_CONTACT "The Troupe authors <troupe@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "serves machine-learning models on ordinary machines")
set(CPACK_PACKAGE_DESCRIPTION "Troupe serves TorchScript models: one binary, no Kubernetes, no Python on the way of a request.\nEach replica is a sandboxed process of its own; one that crashes is replaced in milliseconds.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, libopenblas0-openmp") # found by its path, so no tool sees it
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${CMAKE_BINARY_DIR}/packaging/conffiles "/etc/troupe/troupe.toml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/postinst ${PROJECT_SOURCE_DIR}/packaging/prerm
    ${PROJECT_SOURCE_DIR}/packaging/postrm ${CMAKE_BINARY_DIR}/packaging/conffiles)
include(CPack)
