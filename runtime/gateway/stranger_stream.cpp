#include "runtime/gateway/stranger_stream.hpp"

#include <kj/debug.h>

#include <algorithm>

namespace troupe {

kj::Promise<std::size_t> stranger_stream::tryRead(void* to, std::size_t least, std::size_t most) {
  if (trusted_)
    return inner_->tryRead(to, least, most);
  KJ_REQUIRE(left_ > 0, "a client sent more than it may before it logs in");
  auto next = static_cast<kj::byte*>(to);
  auto size = std::min<std::uint64_t>({most, read_bytes, left_});
  return inner_->tryRead(next, 1, size).then([this, next, least, most](std::size_t count) -> kj::Promise<std::size_t> {
    left_ -= count;
    if (count == 0 || count >= least)
      return count;
    // What has come may be the login, and there the handler's turn comes first.
    return kj::evalLast([this, next, least, most, count] { return tryRead(next + count, least - count, most - count); })
        .then([count](std::size_t more) { return count + more; });
  });
}

} // namespace troupe
