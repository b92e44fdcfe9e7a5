#include "runtime/gateway/rpc_server.hpp"

#include "runtime/gateway/counted.hpp"
#include "runtime/gateway/cut_list.hpp"
#include "runtime/gateway/rpc_connection.hpp"
#include "runtime/gateway/session_service.hpp"
#include "runtime/gateway/stranger_stream.hpp"

#include <optional>

namespace troupe {

/// A loop's share of the server. Lives on that loop's thread.
struct rpc_server::lane {
  lane(kj_loop& loop_, const gateway_view& node, const gateway_options& options)
    : loop(loop_), door(loop_, node.routes, node.time, options, node.control.drain), inference{door, {}},
      control(loop_, node.control, options) {}

  kj_loop& loop;
  admission door;
  inference_context inference;
  control_context control;
  cut_list clients{loop};
  std::optional<kj::TimePoint> leaves_by; ///< once it leaves them; nobody new is served then
};

namespace {

/// What a client sends until it has logged in, with what it asks before it has its answer, in a first read.
constexpr std::uint64_t login_bytes_max = 64 * 1024;

/// Resolves if nobody has logged in after so long; never if somebody has.
kj::Promise<void> overdue(kj::Promise<void> login, kj::Timer& timer, std::chrono::milliseconds patience) {
  auto too_late = timer.afterDelay(patience.count() * kj::MILLISECONDS).then([] { return false; });
  return login.then([] { return true; }).exclusiveJoin(kj::mv(too_late)).then([](bool in_time) -> kj::Promise<void> {
    if (in_time)
      return kj::NEVER_DONE;
    return kj::READY_NOW;
  });
}

} // namespace

rpc_server::rpc_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options,
                       client_count& clients, client_gate* gate)
  : node_(std::move(node)), options_(options), lanes_(make_lanes(loops, node_, options_)),
    door_(std::move(loops), std::move(door), door_kind::rpc, clients,
          behind(gate, door_kind::rpc, [this](std::size_t loop, kj::Own<kj::AsyncIoStream> client, caller who) {
            return serve(*lanes_[loop], kj::mv(client), std::move(who));
          })) {}

rpc_server::~rpc_server() = default;

std::vector<std::unique_ptr<rpc_server::lane>> rpc_server::make_lanes(const std::vector<kj_loop*>& loops,
                                                                      const gateway_view& node, const gateway_options& options) {
  std::vector<std::unique_ptr<lane>> lanes;
  for (auto loop : loops)
    lanes.push_back(std::make_unique<lane>(*loop, node, options));
  return lanes;
}

kj::Promise<void> rpc_server::serve(lane& on, kj::Own<kj::AsyncIoStream> client, caller who) {
  if (on.leaves_by)
    return kj::READY_NOW;
  auto login = kj::newPromiseAndFulfiller<void>();
  auto name = who.name;
  auto door = kj::heap<login_service>(on.inference, on.control, std::move(who), kj::mv(login.fulfiller));
  auto stranger = kj::heap<stranger_stream>(kj::mv(client), login_bytes_max);
  auto logged_in = login.promise.then([&known = *stranger] { known.trust(); });
  auto served = kj::heap<rpc_connection>(kj::mv(stranger), kj::mv(door), options_.message_bytes_max);
  auto& timer = on.loop.io().provider->getTimer();
  auto left = on.clients.until_cut(name).then([&on, &timer, &client = *served] { return client.leave(timer, *on.leaves_by); });
  auto gone = served->on_disconnect()
                  .exclusiveJoin(overdue(kj::mv(logged_in), timer, options_.login_timeout))
                  .exclusiveJoin(left.catch_([](kj::Exception&&) {})); // it had gone
  return gone.attach(kj::mv(served), kj::heap<counted>(clients_here_));
}

void rpc_server::leave_clients(std::chrono::milliseconds patience) {
  for (const auto& each : lanes_) {
    each->loop.post([&on = *each, patience] {
      on.leaves_by = on.loop.io().provider->getTimer().now() + patience.count() * kj::MILLISECONDS;
    });
    each->clients.cut_all();
  }
}

} // namespace troupe
