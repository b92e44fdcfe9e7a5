#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace troupe {

/// Copies one file, piece by piece, and hashes what it copied. The copy shares the original's blocks where the file system can
/// (a reflink), and never its inode. Dropped before its end, it leaves a part of the copy. One thread.
class file_copy {
public:
  /// `to` must not exist; its folder must. For this user only.
  static result<file_copy> begin(const std::filesystem::path& from, const std::filesystem::path& to);

  /// Copies about this many bytes more; true once the whole is there, and synced. Its folder is not.
  result<bool> step(std::size_t bytes_max);

  std::uint64_t bytes() const { return bytes_; }      ///< copied so far
  std::string sha256_hex() { return hash_.finish(); } ///< once, after the last step

private:
  file_copy(std::filesystem::path from, std::filesystem::path to, unique_fd source, unique_fd copy, bool cloned);

  std::filesystem::path from_;
  std::filesystem::path to_;
  unique_fd source_;
  unique_fd copy_;
  bool cloned_; ///< the bytes are there, they are only read to be hashed
  sha256 hash_;
  std::uint64_t bytes_ = 0;
  std::vector<char> buffer_;
};

} // namespace troupe
