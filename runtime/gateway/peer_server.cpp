#include "runtime/gateway/peer_server.hpp"

#include "runtime/gateway/rpc_connection.hpp"

namespace troupe {

kj::Promise<void> peer_server::serve(kj::Own<kj::AsyncIoStream> stream, std::string who) {
  auto greeting = kj::newPromiseAndFulfiller<wall_time>();
  auto door = kj::heap<peer_login>(context_, who, kj::mv(greeting.fulfiller));
  auto served = kj::heap<rpc_connection>(kj::mv(stream), kj::mv(door), context_.options.message_bytes_max);
  auto gone = served->on_disconnect().exclusiveJoin(overdue(kj::mv(greeting.promise))).exclusiveJoin(open_.until_cut(who));
  return gone.attach(kj::mv(served));
}

kj::Promise<void> peer_server::overdue(kj::Promise<wall_time> greeted) {
  auto& timer = context_.loop.io().provider->getTimer();
  auto silent = timer.afterDelay(context_.options.hello_timeout.count() * kj::MILLISECONDS).then([] { return wall_time(); });
  return greeted.exclusiveJoin(kj::mv(silent)).then([this, &timer](wall_time until) {
    return timer.afterDelay(time_left(until, context_.time));
  });
}

} // namespace troupe
