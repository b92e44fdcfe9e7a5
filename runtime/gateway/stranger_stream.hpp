#pragma once

#include "runtime/gateway/passing_stream.hpp"

#include <cstdint>

namespace troupe {

/// A connection of somebody who hasn't said who he is: only so much is read of him, and little at a time, so that what he announces costs no memory, and
/// what he says first is heard before the rest is read. Belongs to one loop's thread.
class stranger_stream final : public passing_stream {
public:
  static constexpr std::size_t read_bytes = 16 * 1024;

  /// `bytes_max` before he is trusted. Reading more fails.
  stranger_stream(kj::Own<kj::AsyncIoStream> inner, std::uint64_t bytes_max) : passing_stream(kj::mv(inner)), left_(bytes_max) {}

  /// From now on it is a stream as any other.
  void trust() { trusted_ = true; }

  kj::Promise<std::size_t> tryRead(void* to, std::size_t least, std::size_t most) override;

private:
  std::uint64_t left_;
  bool trusted_ = false;
};

} // namespace troupe
