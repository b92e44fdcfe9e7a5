#include "runtime/node/client_doors.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::chrono::hours warning_interval{1};

} // namespace

std::string node_doors::beyond() const {
  auto all = rpc.loopback ? "" : rpc.address;
  if (http && !http->loopback)
    all += (all.empty() ? "" : ", ") + http->address;
  return all;
}

result<node_doors> open_doors(const node_options& options) {
  auto rpc = listen_on(options.listen);
  if (!rpc)
    return rpc.failure();
  if (options.http.empty())
    return node_doors{std::move(*rpc), std::nullopt};
  auto http = listen_on(options.http, "--http (\"\" for no HTTP)");
  if (!http)
    return http.failure();
  return node_doors{std::move(*rpc), std::move(*http)};
}

result<void> check_doors(const node_doors& doors, const node_options& options, bool in_cluster) {
  if (in_cluster || options.insecure_listen || !doors.beyond_loopback())
    return {};
  return error{error_code::failed_precondition,
               "refusing to listen on " + doors.beyond()
                   + ": beyond loopback clients come by TLS, for which the node must be in a cluster. Found one with --cluster "
                     "HOST:7551, join one with --join, listen on 127.0.0.1, or let in everybody with --insecure-listen"};
}

std::unique_ptr<client_gate> make_gate(const node_doors& doors, const node_options& options, const gateway_options& gateway,
                                       const std::vector<kj_loop*>& loops, const identity_holder* identity,
                                       revocation_list& revoked, const clock& time, event_sink& events) {
  if (identity == nullptr || options.insecure_listen || !doors.beyond_loopback())
    return nullptr;
  // Half of the connections stay for those who have proven who they are.
  client_gate_options limits{gateway.login_timeout, std::max(1U, gateway.connections_max / 2)};
  return std::make_unique<client_gate>(loops, *identity, revoked, time, events, limits);
}

void keep_warning_of(const std::string& doors, kj_loop& loop, const clock& time, event_sink& events) {
  events.emit({time.wall_now(),
               severity::warn,
               "insecure_listen",
               {{"doors", doors}, {"effect", "whoever reaches them may do everything, and all goes in clear"}},
               "node"});
  loop.call_after(warning_interval, [doors, &loop, &time, &events] { keep_warning_of(doors, loop, time, events); });
}

} // namespace troupe
