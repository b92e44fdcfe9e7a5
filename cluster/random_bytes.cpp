#include "cluster/random_bytes.hpp"

#include "cluster/openssl_handles.hpp"

#include <openssl/rand.h>

namespace troupe {

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  must(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)));
  return bytes;
}

} // namespace troupe
