#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace troupe::test {

/// All files of the folder whose names end so.
inline std::vector<std::filesystem::path> files_ending_in(const std::filesystem::path& folder, const std::string& end) {
  std::vector<std::filesystem::path> found;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == end)
      found.push_back(file.path());
  return found;
}

/// Inverts one byte.
inline void damage(const std::filesystem::path& path, std::uintmax_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  auto byte = static_cast<char>(~file.get());
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

} // namespace troupe::test
