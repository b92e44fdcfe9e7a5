#include "runtime/gateway/peer_server.hpp"

#include "runtime/gateway/rpc_connection.hpp"

namespace troupe {

kj::Promise<void> peer_server::serve(kj::Own<kj::AsyncIoStream> stream, std::string who) {
  auto greeting = kj::newPromiseAndFulfiller<wall_time>();
  auto door = kj::heap<peer_login>(context_, who, kj::mv(greeting.fulfiller));
  auto served = kj::heap<rpc_connection>(kj::mv(stream), kj::mv(door), context_.options.message_bytes_max);
  auto gone = served->on_disconnect().exclusiveJoin(overdue(kj::mv(greeting.promise))).exclusiveJoin(cut_off(who));
  return gone.attach(kj::mv(served));
}

void peer_server::cut(const std::string& who) {
  context_.loop.post([this, who] {
    auto [first, last] = open_.equal_range(who);
    for (auto each = first; each != last; ++each)
      each->second->fulfill();
  });
}

kj::Promise<void> peer_server::overdue(kj::Promise<wall_time> greeted) {
  auto& timer = context_.loop.io().provider->getTimer();
  auto silent = timer.afterDelay(context_.options.hello_timeout.count() * kj::MILLISECONDS).then([] { return wall_time(); });
  return greeted.exclusiveJoin(kj::mv(silent)).then([this, &timer](wall_time until) {
    return timer.afterDelay(time_left(until, context_.time));
  });
}

kj::Promise<void> peer_server::cut_off(const std::string& who) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  auto entry = open_.emplace(who, kj::mv(pair.fulfiller));
  return pair.promise.attach(kj::defer([this, entry] { open_.erase(entry); }));
}

} // namespace troupe
