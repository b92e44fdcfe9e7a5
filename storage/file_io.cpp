#include "storage/file_io.hpp"

#include "runtime/base/unique_fd.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace troupe {

namespace {

const char* advice_on(int reason) {
  switch (reason) {
  case ENOSPC:
  case EDQUOT: return "free some space and try again";
  case EACCES:
  case EPERM:
  case EROFS: return "let the node's user write there, or name another place";
  case ENOENT: return "make it first, or name another place";
  default: return "check the disk";
  }
}

} // namespace

error io_error(const std::string& doing, const std::filesystem::path& path, int reason) {
  return error{error_code::io_failed,
               "can't " + doing + " " + path.string() + ": " + std::system_category().message(reason) + "; " + advice_on(reason)};
}

bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::error_code failed;
  auto outer = std::filesystem::weakly_canonical(folder, failed);
  auto inner = std::filesystem::weakly_canonical(path, failed);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

std::filesystem::path without_last_slash(const std::filesystem::path& path) {
  auto clean = path.lexically_normal();
  return clean.has_filename() ? clean : clean.parent_path();
}

result<void> write_all(int file, const std::filesystem::path& path, const char* data, std::size_t size) {
  while (size > 0) {
    auto written = ::write(file, data, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return io_error("write", path, errno);
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

result<void> sync_folder(const std::filesystem::path& path) {
  unique_fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0)
    return io_error("sync", path, errno);
  return {};
}

result<void> write_synced_file(const std::filesystem::path& path, std::string_view bytes) {
  unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file)
    return io_error("make", path, errno);
  if (auto written = write_all(file.get(), path, bytes.data(), bytes.size()); !written)
    return written;
  if (::fsync(file.get()) != 0)
    return io_error("sync", path, errno);
  return {};
}

result<void> check_room(const std::filesystem::path& folder, std::uint64_t bytes) {
  std::error_code failed;
  auto space = std::filesystem::space(folder, failed);
  if (failed)
    return io_error("look at", folder, failed.value());
  if (space.capacity != 0 && space.available < bytes) // 0: it doesn't say
    return error{error_code::io_failed, "the disk of " + folder.string() + " has " + human_size(space.available) + " free, and "
                                            + human_size(bytes) + " are needed; free some space and try again"};
  return {};
}

} // namespace troupe
