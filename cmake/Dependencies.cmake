# Every third-party library, found once. cpp-httplib must be used through its pkg-config target in
# every translation unit: without its defines the class layouts differ from the packaged library
# and the program crashes at run time.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)
find_package(yaml-cpp REQUIRED CONFIG)
find_package(RapidJSON REQUIRED CONFIG)

add_library(hubmirror_rapidjson INTERFACE)
target_include_directories(hubmirror_rapidjson SYSTEM INTERFACE ${RapidJSON_INCLUDE_DIR} ${RAPIDJSON_INCLUDE_DIRS})
target_compile_definitions(hubmirror_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)
add_library(hubmirror::rapidjson ALIAS hubmirror_rapidjson)
