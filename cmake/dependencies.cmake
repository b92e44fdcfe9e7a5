# Every package that Troupe needs, found once; `./dev setup` installs them.

find_package(Threads REQUIRED)
find_package(CapnProto REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(muparser REQUIRED)
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

find_library(PROMETHEUS_CORE_LIBRARY prometheus-cpp-core REQUIRED) # by hand: its own config wants civetweb and curl for parts that we don't use
find_path(PROMETHEUS_INCLUDE_DIR prometheus/text_serializer.h REQUIRED)
add_library(prometheus_core INTERFACE)
target_link_libraries(prometheus_core INTERFACE ${PROMETHEUS_CORE_LIBRARY})
target_include_directories(prometheus_core SYSTEM INTERFACE ${PROMETHEUS_INCLUDE_DIR})

find_library(AVAHI_CORE_LIBRARY avahi-core REQUIRED) # its pkg-config file would be the only one that we need
find_library(AVAHI_COMMON_LIBRARY avahi-common REQUIRED)
find_path(AVAHI_INCLUDE_DIR avahi-core/core.h REQUIRED)
add_library(avahi_core INTERFACE)
target_link_libraries(avahi_core INTERFACE ${AVAHI_CORE_LIBRARY} ${AVAHI_COMMON_LIBRARY})
target_include_directories(avahi_core SYSTEM INTERFACE ${AVAHI_INCLUDE_DIR})
