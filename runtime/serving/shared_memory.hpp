#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>

namespace troupe {

/// A memfd mapped into this process, to be shared with one host. It is sealed against shrinking, growing and further seals before
/// anybody else gets the descriptor, so no access to the mapping can fault.
class shared_memory {
public:
  /// Zeroed memory of `size` bytes, a multiple of the page size. Pages take no memory until they are touched.
  static result<shared_memory> create(std::uint64_t size);

  shared_memory(shared_memory&& other) noexcept;
  shared_memory& operator=(shared_memory&&) = delete;
  ~shared_memory();

  std::byte* data() const { return data_; }
  std::uint64_t size() const { return size_; }
  int fd() const { return fd_.get(); }
  /// Once the host has it: the mapping stays, and the node saves a descriptor.
  void close_fd() { fd_.reset(); }

  /// Gives whole pages back to the system, in every process that maps them; they read as zeros afterwards.
  void discard(std::uint64_t offset, std::uint64_t size);

private:
  shared_memory(unique_fd fd, std::byte* data, std::uint64_t size) : fd_(std::move(fd)), data_(data), size_(size) {}

  unique_fd fd_;
  std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

} // namespace troupe
