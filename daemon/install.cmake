# What `cmake --install` lays down; with `--prefix /usr` systemd and the paths in the unit fit.
install(TARGETS hubmirrord hubmirror RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

set(systemd_dir ${PROJECT_SOURCE_DIR}/systemd)
install(FILES ${systemd_dir}/hubmirror.service DESTINATION lib/systemd/system)
install(FILES ${systemd_dir}/hubmirror.sysusers DESTINATION lib/sysusers.d RENAME hubmirror.conf)
install(FILES ${systemd_dir}/hubmirror.tmpfiles DESTINATION lib/tmpfiles.d RENAME hubmirror.conf)
install(FILES ${systemd_dir}/hubmirror.catalog DESTINATION lib/systemd/catalog)

set(share_dir ${CMAKE_INSTALL_DATADIR}/hubmirror)
install(FILES ${systemd_dir}/strict.conf DESTINATION ${share_dir}/systemd)
install(FILES ${PROJECT_SOURCE_DIR}/config/hubmirror.schema.json DESTINATION ${share_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/packaging/prometheus DESTINATION ${share_dir}
  FILES_MATCHING PATTERN "*.yml")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/packaging/grafana DESTINATION ${share_dir}
  FILES_MATCHING PATTERN "*.json" PATTERN "*.yml")

install(FILES ${PROJECT_SOURCE_DIR}/config/hubmirror.yaml
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN "*.json" PATTERN "*.txt" PATTERN "*.png"
  PATTERN "evidence" EXCLUDE PATTERN "man" EXCLUDE)
foreach(section 1 5 7 8)
  file(GLOB pages ${PROJECT_SOURCE_DIR}/docs/man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# The program writes what completes it.
set(completion_dir ${CMAKE_CURRENT_BINARY_DIR}/completion)
file(MAKE_DIRECTORY ${completion_dir})
foreach(shell bash zsh fish)
  add_custom_command(TARGET hubmirror POST_BUILD
    COMMAND $<TARGET_FILE:hubmirror> completion ${shell} > ${completion_dir}/${shell})
endforeach()
install(FILES ${completion_dir}/bash RENAME hubmirror
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completion_dir}/zsh RENAME _hubmirror
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${completion_dir}/fish RENAME hubmirror.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
