# Every third-party library, found once. cpp-httplib must be used through its pkg-config target in
# every translation unit: without its defines the class layouts differ from the packaged library
# and the program crashes at run time.
hubmirror_need_package(Threads)
hubmirror_need_package(OpenSSL)
hubmirror_need_package(ZLIB)
hubmirror_need_package(PkgConfig)
hubmirror_need_module(httplib cpp-httplib)
hubmirror_need_module(pqxx libpqxx)
hubmirror_need_module(pq libpq)
hubmirror_need_module(systemd libsystemd)
hubmirror_need_module(xxhash libxxhash)
hubmirror_need_package(prometheus-cpp CONFIG COMPONENTS core)
hubmirror_need_package(yaml-cpp CONFIG)
hubmirror_need_package(RapidJSON CONFIG)
hubmirror_need_package(CLI11 CONFIG)

add_library(hubmirror_rapidjson INTERFACE)
target_include_directories(hubmirror_rapidjson SYSTEM INTERFACE ${RapidJSON_INCLUDE_DIR}
  ${RAPIDJSON_INCLUDE_DIRS})
# Not RAPIDJSON_SSE2, though it reads faster: 1.1.0 then takes a character from U+001A to U+001F for
# one that needs no escape, and writes what is no JSON.
target_compile_definitions(hubmirror_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)
# Its iterators compare in a way that C++20 finds ambiguous; either reading gives the same answer.
target_compile_options(hubmirror_rapidjson INTERFACE
  $<$<CXX_COMPILER_ID:Clang>:-Wno-ambiguous-reversed-operator>)
add_library(hubmirror::rapidjson ALIAS hubmirror_rapidjson)
