#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A backup's last file: with it a folder is a backup, without it the rest of one.
///
///     format = 1
///     node = "5f0c…"                           # whose it was
///     software = "0.1.0"
///     time = "2026-11-24T10:33:19.123456789Z"
///     file_count = 2
///
///     [[files]]
///     path = "store/000012.sst"                # or blobs/SHA-256
///     bytes = 1024
///     sha256 = "9f86d0…"
struct backup_manifest {
  static constexpr std::string_view file_name = "troupe-backup.toml";
  /// A change of what a backup is made of raises it.
  static constexpr std::uint32_t newest_format = 1;
  static constexpr std::size_t bytes_max = 32 << 20;

  struct file {
    std::string path;
    std::uint64_t bytes = 0;
    std::string sha256;
  };

  std::uint32_t format = newest_format;
  std::string node_id;
  std::string software;
  std::string time;
  std::vector<file> files;

  std::uint64_t bytes() const; ///< of all files
};

std::string to_toml(const backup_manifest& manifest);

/// The manifest of the backup in `folder`. Errors: `not_found` (no backup, or an unfinished one), `failed_precondition` (made by a
/// newer troupe), `corrupt` (a manifest that isn't whole, or that names files that no backup has), `io_failed`.
result<backup_manifest> read_backup_manifest(const std::filesystem::path& folder);

} // namespace troupe
