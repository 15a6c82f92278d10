# What `cmake --install` lays down; with `--prefix /usr` systemd and the paths in the unit fit.
install(TARGETS hubmirrord hubmirror RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

set(systemd_dir ${PROJECT_SOURCE_DIR}/systemd)
install(FILES ${systemd_dir}/hubmirror.service DESTINATION lib/systemd/system)
install(FILES ${systemd_dir}/hubmirror.sysusers DESTINATION lib/sysusers.d RENAME hubmirror.conf)
install(FILES ${systemd_dir}/hubmirror.tmpfiles DESTINATION lib/tmpfiles.d RENAME hubmirror.conf)
install(FILES ${systemd_dir}/hubmirror.catalog DESTINATION lib/systemd/catalog OPTIONAL)
install(FILES ${systemd_dir}/strict.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/hubmirror/systemd)

install(FILES ${PROJECT_SOURCE_DIR}/config/hubmirror.schema.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/hubmirror OPTIONAL)
install(FILES ${PROJECT_SOURCE_DIR}/config/hubmirror.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN "*.json" PATTERN "evidence" EXCLUDE)
