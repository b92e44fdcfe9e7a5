#include "runtime/node/node_identity.hpp"

#include "runtime/base/sha256.hpp"
#include "runtime/base/text_file.hpp"

#include <cstdio>
#include <random>

namespace troupe {

namespace {

constexpr std::size_t machine_id_bytes_max = 256;
constexpr const char* salt = "troupe data folder ";

} // namespace

std::string random_node_id() {
  std::random_device device;
  std::string text;
  for (int i = 0; i < 4; ++i) {
    char part[9];
    std::snprintf(part, sizeof part, "%08x", device());
    text += part;
  }
  return text;
}

std::string machine_id() {
  auto text = read_text_file("/etc/machine-id", machine_id_bytes_max);
  if (!text)
    return {};
  auto id = text->substr(0, text->find_first_of(" \r\n"));
  return id.empty() || id == "uninitialized" ? "" : sha256_of(salt + id);
}

} // namespace troupe
