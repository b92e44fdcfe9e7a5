#include "storage/file_copy.hpp"

#include "storage/file_io.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t buffer_bytes = 256 << 10;

} // namespace

file_copy::file_copy(std::filesystem::path from, std::filesystem::path to, unique_fd source, unique_fd copy, bool cloned)
  : from_(std::move(from)), to_(std::move(to)), source_(std::move(source)), copy_(std::move(copy)), cloned_(cloned),
    buffer_(buffer_bytes) {}

result<file_copy> file_copy::begin(const std::filesystem::path& from, const std::filesystem::path& to) {
  unique_fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)); // a pipe would not open for ever
  struct stat kind{};
  if (!source || ::fstat(source.get(), &kind) != 0)
    return io_error("open", from, errno);
  if (!S_ISREG(kind.st_mode))
    return error{error_code::corrupt, from.string() + " is no file"};
  unique_fd copy(::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!copy)
    return io_error("make", to, errno);
  bool cloned = ::ioctl(copy.get(), FICLONE, source.get()) == 0;
  return file_copy(from, to, std::move(source), std::move(copy), cloned);
}

result<bool> file_copy::step(std::size_t bytes_max) {
  for (std::size_t done = 0; done < bytes_max;) {
    // A clone is hashed as it was written, so that what the hash says is true of the copy.
    auto got = ::read(cloned_ ? copy_.get() : source_.get(), buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return io_error("read", from_, errno);
    if (got == 0) {
      if (::fsync(copy_.get()) != 0)
        return io_error("sync", to_, errno);
      return true;
    }
    auto size = static_cast<std::size_t>(got);
    if (!cloned_)
      if (auto written = write_all(copy_.get(), to_, buffer_.data(), size); !written)
        return written.failure();
    hash_.update(buffer_.data(), size);
    bytes_ += size;
    done += size;
  }
  return false;
}

} // namespace troupe
