#pragma once

#include <kj/async-io.h>

#include <cstdint>

namespace troupe {

/// A connection of somebody who hasn't said who he is: only so much is read of him, and little at a time, so that what he announces costs no memory, and
/// what he says first is heard before the rest is read. Belongs to one loop's thread.
class stranger_stream final : public kj::AsyncIoStream {
public:
  static constexpr std::size_t read_bytes = 16 * 1024;

  /// `bytes_max` before he is trusted. Reading more fails.
  stranger_stream(kj::Own<kj::AsyncIoStream> inner, std::uint64_t bytes_max) : inner_(kj::mv(inner)), left_(bytes_max) {}

  /// From now on it is a stream as any other.
  void trust() { trusted_ = true; }

  kj::Promise<std::size_t> tryRead(void* to, std::size_t least, std::size_t most) override;
  kj::Promise<void> write(const void* from, std::size_t size) override { return inner_->write(from, size); }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override { return inner_->write(pieces); }
  kj::Promise<void> whenWriteDisconnected() override { return inner_->whenWriteDisconnected(); }
  void shutdownWrite() override { inner_->shutdownWrite(); }
  void abortRead() override { inner_->abortRead(); }
  void getsockopt(int level, int option, void* value, unsigned* size) override { inner_->getsockopt(level, option, value, size); }
  void setsockopt(int level, int option, const void* value, unsigned size) override {
    inner_->setsockopt(level, option, value, size);
  }
  void getsockname(sockaddr* address, unsigned* size) override { inner_->getsockname(address, size); }
  void getpeername(sockaddr* address, unsigned* size) override { inner_->getpeername(address, size); }

private:
  kj::Own<kj::AsyncIoStream> inner_;
  std::uint64_t left_;
  bool trusted_ = false;
};

} // namespace troupe
