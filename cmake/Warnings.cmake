# Warnings are errors in our builds, and a packager may turn that off. A compiler that is newer than
# those of our tests may warn of anything: nobody's first build fails by that.
set(newest_GNU 14)
set(newest_Clang 14)
set(known OFF)
if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS_EQUAL "${newest_${CMAKE_CXX_COMPILER_ID}}.99")
  set(known ON)
endif()
option(HUBMIRROR_WERROR "Treat warnings as errors" ${known})
add_library(hubmirror_warnings INTERFACE)
target_compile_options(hubmirror_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  # Designated initialisers name what they set; the rest has its default.
  -Wno-missing-field-initializers
  # g++ 12 sees an overlap in std::string's operator+ that is not there (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  # Some builds compile several sources as one; to g++ a source's own names then look as if
  # they came from a header.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>
  # To clang, a local name then hides what another source has in its anonymous namespace.
  $<$<AND:$<CXX_COMPILER_ID:Clang>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-shadow>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${HUBMIRROR_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  # g++ 14 says of what an empty std::optional would hold that it may be uninitialised, where
  # another one is moved into it (GCC bug 80635).
  target_compile_options(hubmirror_warnings INTERFACE -Wno-maybe-uninitialized)
endif()

if(HUBMIRROR_SANITIZE)
  set(ignorelist ${PROJECT_SOURCE_DIR}/tests/fuzz/sanitizer_ignorelist.txt)
  target_compile_options(hubmirror_warnings INTERFACE
    -fsanitize=${HUBMIRROR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    $<$<CXX_COMPILER_ID:Clang>:-fsanitize-ignorelist=${ignorelist}>)
  target_link_options(hubmirror_warnings INTERFACE -fsanitize=${HUBMIRROR_SANITIZE})
endif()
