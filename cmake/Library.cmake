# hubmirror_library(<folder> SOURCES ... [PUBLIC ...] [PRIVATE ...])
# One static library per folder of lib/. The link lines are the layer rule: a folder that is not
# linked cannot be used.
function(hubmirror_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;PUBLIC;PRIVATE")
  add_library(hubmirror_${folder} STATIC ${ARG_SOURCES})
  add_library(hubmirror::${folder} ALIAS hubmirror_${folder})
  target_include_directories(hubmirror_${folder} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(hubmirror_${folder} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE}
    hubmirror_warnings)
endfunction()
