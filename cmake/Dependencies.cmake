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
target_compile_definitions(hubmirror_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)
add_library(hubmirror::rapidjson ALIAS hubmirror_rapidjson)
