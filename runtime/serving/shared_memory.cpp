#include "runtime/serving/shared_memory.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>

namespace troupe {

namespace {

error failed(const char* call) {
  return {error_code::unavailable, std::string("no shared memory for a model host: ") + call + ": " + std::strerror(errno)};
}

} // namespace

result<shared_memory> shared_memory::create(std::uint64_t size) {
  unique_fd fd(::memfd_create("troupe-host", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd)
    return failed("memfd_create");
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
    return failed("ftruncate");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return failed("F_ADD_SEALS");
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED)
    return failed("mmap");
  return shared_memory(std::move(fd), static_cast<std::byte*>(data), size);
}

shared_memory::shared_memory(shared_memory&& other) noexcept
  : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

shared_memory::~shared_memory() {
  if (data_ != nullptr)
    ::munmap(data_, size_);
}

void shared_memory::discard(std::uint64_t offset, std::uint64_t size) {
  ::madvise(data_ + offset, size, MADV_REMOVE);
}

} // namespace troupe
