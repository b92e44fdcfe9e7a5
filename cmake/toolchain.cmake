# Warnings, sanitizers, and the faster tools where the machine has them.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
find_program(LLD ld.lld)
if(MOLD AND NOT TROUPE_SANITIZE)
  add_link_options(-fuse-ld=mold)
elseif(LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(troupe_options INTERFACE)
target_compile_options(troupe_options INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow=local
                                                # GCC 12 sees uninitialized variants inside KJ's Maybe where there are none
                                                -Wno-maybe-uninitialized
                                                -fno-omit-frame-pointer
                                                # KJ's assertions name their file: not where on this machine it lies
                                                -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/= -fmacro-prefix-map=${PROJECT_BINARY_DIR}/=)
target_include_directories(troupe_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})

if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(troupe_options INTERFACE -Wno-unknown-warning-option)
endif()

if(TROUPE_SANITIZE STREQUAL address)
  # UBSan without the checks that need the libraries' own type information, and without `null`: CAF binds references to nothing, and ASan ends
  # whoever uses one.
  # KJ wants some objects on the real stack, where ASan doesn't put them if it looks for uses after a return.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr,function,null -fno-sanitize-recover=all
                      -fsanitize-address-use-after-return=never)
  add_link_options(-fsanitize=address,undefined)
elseif(TROUPE_SANITIZE STREQUAL thread)
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()
