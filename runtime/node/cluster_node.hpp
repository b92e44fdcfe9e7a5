#pragma once

#include "actors/root.hpp"
#include "cluster/dial.hpp"
#include "cluster/lan_discovery.hpp"
#include "cluster/tls.hpp"
#include "runtime/gateway/cluster_door.hpp"
#include "runtime/gateway/data_dialler.hpp"
#include "runtime/gateway/forward_link.hpp"
#include "runtime/gateway/forward_service.hpp"
#include "runtime/gateway/join_service.hpp"
#include "runtime/gateway/peer_client.hpp"
#include "runtime/gateway/peer_server.hpp"
#include "runtime/gateway/process_usage.hpp"
#include "runtime/node/cluster_identity_setup.hpp"
#include "runtime/node/reunion.hpp"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace troupe {

/// Data connections over TLS, to nodes as the board has them.
class tls_data_dialler final : public data_dialler {
public:
  tls_data_dialler(const std::vector<kj_loop*>& loops, const identity_holder& identity, peer_board& peers);
  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(kj_loop& on, const std::string& node_id) override;

private:
  dialler by_gathering(kj_loop& on);

  std::vector<std::pair<kj_loop*, std::unique_ptr<tls_endpoint>>> endpoints_;
  name_resolver names_;
  peer_board& peers_;
};

/// What a node asks others with: made before its actors.
class cluster_links {
public:
  /// All outlive it. `loops`: the gateway's.
  cluster_links(const cluster_identity& cluster, const std::vector<kj_loop*>& loops, const clock& time, event_sink& events,
                const gateway_options& gateway);

  cluster_network& network() { return network_; }
  kj_loop& loop() { return loop_; }
  identity_holder& identity() { return identity_; }
  peer_board& peers() { return peers_; }
  /// Who may come in: nodes that were not removed.
  result<void> admits(const std::string& node_id);
  peer_trust trust() {
    return trust_by(
        identity_, [this](const std::string& who) { return admits(who); }, [this] { return lead(); },
        [this](const leadership& told) { hear(told); });
  }
  /// From now on nodes that are refused hear whom this one follows, and this one hears so of them. It outlives this; `follow` is set.
  void follow_by(const actor_environment& node) { node_ = &node; }

private:
  leadership lead() const;
  void hear(const leadership& told) const;

  std::atomic<const actor_environment*> node_{nullptr};
  kj_loop loop_;
  identity_holder identity_;
  peer_board peers_;
  tls_data_dialler dialler_;
  peer_client questions_;
  forward_links requests_;
  cluster_network network_;
};

/// Where a node's clients come in, as it listens there.
struct client_addresses {
  std::string rpc;
  std::string http; ///< "": nowhere
};

/// What answers other nodes, and keeps this node's certificate good: made after its actors.
class cluster_services {
public:
  /// All outlive it; their loops are stopped before it is destroyed.
  cluster_services(cluster_identity& cluster, cluster_links& links, const std::vector<kj_loop*>& loops, caf::actor_system& system,
                   const directory& actors, const routing_cell& routes, const clock& time, event_sink& events,
                   const gateway_options& gateway, const drain_gate& drain, cluster_store& records, const leadership_cell& lead,
                   const client_addresses& doors);

  ~cluster_services();
  cluster_services(const cluster_services&) = delete;

  /// From now on it is found by others as the options say, and finds them again if it has lost all. Once; the options outlive it.
  void keep_found(const node_options& options);
  const std::string& address() const { return door_.address(); }
  void stop_accepting() { door_.stop_accepting(); }
  /// Whether what other nodes asked for has been answered, and they have the answers.
  bool quiet() const { return forwards_.quiet(); }

private:
  cluster_handlers handlers();
  kj::Promise<void> serve_data(std::size_t loop, kj::Own<kj::AsyncIoStream> stream, const std::string& who);
  /// Announces this node if that is wanted, and looks for members if none is reached, for ever. On the cluster loop's thread.
  kj::Promise<void> stay_found(const node_options& options);
  void on_lan_trouble(const std::string& what);
  /// Has the certificate renewed at half of its life, again and again.
  kj::Promise<void> keep_certificate();
  /// Another certificate for this node's key. Nobody lets it in by one that has ended (the leader was away for long): then it asks as one who joins, by its
  /// key.
  kj::Promise<result<certificate_issued>> renewed(bool has_ended);
  /// Tells each leader once who this node is: it may be elsewhere now, and the leader may know nothing of it.
  kj::Promise<void> keep_introduced();
  void on_introduced(std::uint64_t epoch, const result<done>& taken);
  void take_name_back();
  /// A node that was removed is cut off at once, what it has asked included.
  void cut(const std::string& node_id);
  void install(const certificate_issued& renewed);

  cluster_links& links_;
  const directory& actors_;
  const clock& time_;
  event_sink& events_;
  cluster_store& records_;
  const leadership_cell& lead_;
  own_node self_;
  const std::string name_before_; ///< as of cluster_identity
  std::uint64_t introduced_ = 0;  ///< in this epoch
  std::string not_introduced_;    ///< why not; told of
  const std::string cluster_id_;
  std::vector<std::shared_ptr<peer_status>> known_peers_;
  peer_desk desk_;
  peer_context context_;
  peer_server peers_;
  join_server joins_;
  forward_server forwards_;
  bridge renewals_;
  cluster_door door_; // last: it serves with all of the above
};

} // namespace troupe
