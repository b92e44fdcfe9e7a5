#include "storage/data_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace troupe {

namespace {

error unwritable(const std::filesystem::path& path, const std::string& reason) {
  return error{error_code::io_failed,
               "data folder " + path.string() + " can't be written (" + reason + "); make it writable or use another --data"};
}

std::string last_reason() {
  return std::system_category().message(errno);
}

/// Who holds the lock wrote its process id into it. Nothing if the disk had no room for that.
std::string holder_of(int lock) {
  char text[32] = {};
  auto size = ::pread(lock, text, sizeof text - 1, 0);
  auto pid = size > 0 ? std::strtol(text, nullptr, 10) : 0;
  return pid > 0 ? "process " + std::to_string(pid) : "lock held";
}

void write_holder(int lock) {
  auto text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, text.data(), text.size(), 0) < 0)
    return; // it is only for people
}

/// RocksDB aborts if the disk fills while it opens.
result<void> check_free_space(const std::filesystem::path& path) {
  std::error_code failed;
  auto space = std::filesystem::space(path, failed);
  if (failed)
    return unwritable(path, failed.message());
  if (space.available < data_folder::free_bytes_min)
    return error{error_code::io_failed,
                 "the disk of data folder " + path.string() + " is full: " + std::to_string(space.available)
                     + " bytes are free, a node needs at least " + std::to_string(data_folder::free_bytes_min)
                     + " to start; make room or use another --data"};
  return {};
}

} // namespace

result<data_folder> data_folder::open(const std::filesystem::path& path) {
  std::error_code failed;
  bool made = std::filesystem::create_directories(path, failed);
  if (failed)
    return unwritable(path, failed.message());
  if (made && ::chmod(path.c_str(), 0700) != 0)
    return unwritable(path, last_reason());
  unique_fd lock(::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock)
    return unwritable(path, last_reason());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return unwritable(path, last_reason());
    return error{error_code::io_failed, "data folder " + path.string() + " is in use by another node (" + holder_of(lock.get())
                                            + ")" + std::string(in_use_advice)};
  }
  write_holder(lock.get());
  if (auto enough = check_free_space(path); !enough)
    return enough.failure();
  return data_folder(path, std::move(lock));
}

} // namespace troupe
