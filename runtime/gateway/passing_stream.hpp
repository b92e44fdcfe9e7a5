#pragma once

#include <kj/async-io.h>

namespace troupe {

/// A stream over another one, which it owns and passes everything on to. Others are made of it by what they do otherwise.
class passing_stream : public kj::AsyncIoStream {
public:
  explicit passing_stream(kj::Own<kj::AsyncIoStream> inner) : inner_(kj::mv(inner)) {}

  kj::Promise<std::size_t> tryRead(void* to, std::size_t least, std::size_t most) override {
    return inner_->tryRead(to, least, most);
  }
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

protected:
  kj::Own<kj::AsyncIoStream> inner_;
};

} // namespace troupe
