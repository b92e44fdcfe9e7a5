#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace troupe {

/// A node's folder, held by one process at a time: everything that lives in it stands on this lock. The lock goes with the
/// object or the process.
class data_folder {
public:
  /// Free space without which a folder isn't opened.
  static constexpr std::uint64_t free_bytes_min = 1 << 20;
  /// With which the error ends if another node holds it.
  static constexpr std::string_view in_use_advice = "; stop it or use another --data";

  /// Makes the folder if it is missing (for this user only) and locks it. `io_failed` if another node holds it, or if it can't
  /// be written.
  static result<data_folder> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }

private:
  data_folder(std::filesystem::path path, unique_fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  unique_fd lock_;
};

} // namespace troupe
