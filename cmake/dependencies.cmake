# Every package that Troupe needs, found once; `./dev setup` installs them.

find_package(Threads REQUIRED)
find_package(CapnProto REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(ZLIB REQUIRED)

find_library(CAF_CORE_LIBRARY caf_core REQUIRED) # Debian ships no CMake or pkg-config files for it
find_path(CAF_INCLUDE_DIR caf/all.hpp REQUIRED)
add_library(caf_core INTERFACE)
target_link_libraries(caf_core INTERFACE ${CAF_CORE_LIBRARY} Threads::Threads)
target_include_directories(caf_core SYSTEM INTERFACE ${CAF_INCLUDE_DIR})

find_library(ROCKSDB_LIBRARY rocksdb REQUIRED) # by hand: RocksDB's own config breaks beside Torch's (gflags)
add_library(rocksdb_lib INTERFACE)
target_link_libraries(rocksdb_lib INTERFACE ${ROCKSDB_LIBRARY})
