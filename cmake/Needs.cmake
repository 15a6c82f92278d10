# What a build needs and a machine may lack. All of it is looked for before the first complaint,
# which is then one line and the next step (see the project's CMakeLists.txt) and not the stack of
# the first failure. Macros, because what find_package sets belongs to its caller.
set(HUBMIRROR_MISSING "")

# hubmirror_need_package(<arguments of find_package>)
macro(hubmirror_need_package name)
  find_package(${name} QUIET ${ARGN})
  if(NOT ${name}_FOUND)
    list(APPEND HUBMIRROR_MISSING ${name})
  endif()
endmacro()

# hubmirror_need_module(<name> <pkg-config module>): the target PkgConfig::<name>
macro(hubmirror_need_module name module)
  if(PkgConfig_FOUND)
    pkg_check_modules(${name} IMPORTED_TARGET QUIET ${module})
  endif()
  if(NOT ${name}_FOUND)
    list(APPEND HUBMIRROR_MISSING ${module})
  endif()
endmacro()

# hubmirror_need_program(<variable> <program> [PATHS ...]): the variable becomes the path
macro(hubmirror_need_program variable program)
  find_program(${variable} ${program} ${ARGN})
  if(NOT ${variable})
    list(APPEND HUBMIRROR_MISSING ${program})
  endif()
endmacro()

# hubmirror_need_file(<variable> <what to call it> <file> [PATHS ...]): the same for a file
macro(hubmirror_need_file variable what file)
  find_file(${variable} ${file} ${ARGN})
  if(NOT ${variable})
    list(APPEND HUBMIRROR_MISSING ${what})
  endif()
endmacro()
