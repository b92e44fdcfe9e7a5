#pragma once

#include "cluster/tls.hpp"
#include "runtime/base/config.hpp"
#include "runtime/gateway/client_gate.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "runtime/gateway/listener.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Where a node's clients come in.
struct node_doors {
  listener rpc;
  std::optional<listener> http;

  bool beyond_loopback() const { return !rpc.loopback || (http && !http->loopback); }
  /// Those that other machines reach: "0.0.0.0:7550, 0.0.0.0:8000".
  std::string beyond() const;
};

result<node_doors> open_doors(const node_options& options);

/// Whether clients may come in there: beyond loopback only to a member of a cluster, which has a certificate, or where `insecure_listen` is set.
/// `failed_precondition` says what to do.
result<void> check_doors(const node_doors& doors, const node_options& options, bool in_cluster);

/// What stands in the doors beyond loopback. Null: nothing does. All outlive it; `identity` null: the node is in no cluster.
std::unique_ptr<client_gate> make_gate(const node_doors& doors, const node_options& options, const gateway_options& gateway,
                                       const std::vector<kj_loop*>& loops, const identity_holder* identity,
                                       revocation_list& revoked, const clock& time, event_sink& events);

/// Warns, at once and every hour, of doors that let in whoever comes, until the loop stops. Both outlive it.
void keep_warning_of(const std::string& doors, kj_loop& loop, const clock& time, event_sink& events);

} // namespace troupe
