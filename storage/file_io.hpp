#pragma once

#include "runtime/base/error.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

/// Files, with errors that say what to do. Only storage includes it.
namespace troupe {

/// `io_failed`: "can't write /data/x: No space left on device; free some space and try again". `reason` is an errno.
error io_error(const std::string& doing, const std::filesystem::path& path, int reason);

/// Whether `path` is `folder` or in it, as far as the links on the way are known.
bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder);

/// "/data" for "/data/", so that a name can be given to what is beside it.
std::filesystem::path without_last_slash(const std::filesystem::path& path);

/// Writes all of it.
result<void> write_all(int file, const std::filesystem::path& path, const char* data, std::size_t size);

/// Makes renames and removals in the folder last.
result<void> sync_folder(const std::filesystem::path& path);

/// Makes a new file of these bytes, for this user only, synced; its folder is not. A file that is there is an error.
result<void> write_synced_file(const std::filesystem::path& path, std::string_view bytes);

/// Whether the disk that `folder` is on has room for so many bytes more; `io_failed` says how many there are.
result<void> check_room(const std::filesystem::path& folder, std::uint64_t bytes);

} // namespace troupe
