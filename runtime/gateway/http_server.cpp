#include "runtime/gateway/http_server.hpp"

#include "runtime/gateway/http_connection.hpp"

#include <algorithm>
#include <chrono>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// A client may have up to a quarter more time than its limit says.
kj::Duration sweep_interval(const gateway_options& options) {
  auto least = std::min(options.login_timeout, options.idle_timeout);
  return std::clamp(least / 4, std::chrono::milliseconds(10ms), std::chrono::milliseconds(1s)).count() * kj::MILLISECONDS;
}

} // namespace

/// A loop's share of the server. Lives on that loop's thread.
struct http_server::lane {
  lane(kj_loop& loop, const gateway_view& node, const gateway_options& options, byte_budget& bodies,
       std::atomic<std::uint32_t>& under_way)
    : door(loop, node.routes, node.time, options, node.control.drain), control(loop, node.control, options),
      shared{loop, {node.routes, door, control, node.metrics}, {loop, sweep_interval(options)}, bodies, under_way} {}

  admission door;
  control_context control;
  http_lane shared;
};

http_server::http_server(std::vector<kj_loop*> loops, listener door, gateway_view node, gateway_options options,
                         client_count& clients, client_gate* gate)
  : node_(std::move(node)), options_(options), bodies_(options.body_bytes_max), lanes_(make_lanes(loops)),
    door_(std::move(loops), std::move(door), door_kind::http, clients,
          behind(gate, door_kind::http, [this](std::size_t loop, kj::Own<kj::AsyncIoStream> client, caller who) {
            return serve(*lanes_[loop], kj::mv(client), std::move(who));
          })) {}

http_server::~http_server() = default;

std::vector<std::unique_ptr<http_server::lane>> http_server::make_lanes(const std::vector<kj_loop*>& loops) {
  std::vector<std::unique_ptr<lane>> lanes;
  for (auto loop : loops)
    lanes.push_back(std::make_unique<lane>(*loop, node_, options_, bodies_, under_way_));
  return lanes;
}

kj::Promise<void> http_server::serve(lane& on, kj::Own<kj::AsyncIoStream> client, caller who) const {
  auto served = kj::heap<http_connection>(on.shared, kj::mv(client), std::move(who));
  auto gone = served->serve();
  return gone.attach(kj::mv(served));
}

} // namespace troupe
