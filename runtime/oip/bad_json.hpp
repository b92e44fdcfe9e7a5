#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// Whatever is wrong with a document is thrown as `bad_json`, so that fields read without ceremony; the folder's public functions catch it
/// and return an error.
namespace troupe {

struct bad_json {
  std::string message;
};

/// Throws "path: text"; an empty path is the document.
[[noreturn]] void refuse_json(const std::string& path, const std::string& text);

/// "inputs[3]"
std::string at_index(const std::string& path, std::size_t index);

/// "1 value", "2 values"
std::string count_text(std::uint64_t count, const char* noun);

} // namespace troupe
