# Warnings are errors in our builds; a packager may turn that off.
option(HUBMIRROR_WERROR "Treat warnings as errors" ON)
add_library(hubmirror_warnings INTERFACE)
target_compile_options(hubmirror_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  # Designated initialisers name what they set; the rest has its default.
  -Wno-missing-field-initializers
  # g++ 12 sees an overlap in std::string's operator+ that is not there (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  # The sanitizer builds compile several sources as one; to g++ a source's own names then look as if
  # they came from a header.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${HUBMIRROR_WERROR}>:-Werror>)

if(HUBMIRROR_SANITIZE)
  set(ignorelist ${PROJECT_SOURCE_DIR}/tests/fuzz/sanitizer_ignorelist.txt)
  target_compile_options(hubmirror_warnings INTERFACE
    -fsanitize=${HUBMIRROR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    $<$<CXX_COMPILER_ID:Clang>:-fsanitize-ignorelist=${ignorelist}>)
  target_link_options(hubmirror_warnings INTERFACE -fsanitize=${HUBMIRROR_SANITIZE})
endif()
