#include "runtime/oip/bad_json.hpp"

namespace troupe {

void refuse_json(const std::string& path, const std::string& text) {
  throw bad_json{(path.empty() ? "the request" : path) + ": " + text};
}

std::string at_index(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string count_text(std::uint64_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

} // namespace troupe
