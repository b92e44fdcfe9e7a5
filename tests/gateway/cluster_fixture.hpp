#pragma once

#include "cluster/authority.hpp"
#include "cluster/certificates.hpp"
#include "runtime/gateway/cluster_door.hpp"
#include "tests/cluster/cluster_ids.hpp"
#include "tests/gateway/peer_fixture.hpp"
#include "tests/support/collected_events.hpp"

#include <optional>

namespace troupe {

inline const std::string node_1 = test::node_1;
inline const std::string node_2 = test::node_2;
inline const std::string node_3 = std::string(31, 'a') + "3";

/// A cluster's authority, and certificates by it.
struct test_cluster {
  authority owner = authority::make(test::some_cluster, real_clock().wall_now());

  tls_identity identity_of(const std::string& node_id, std::chrono::nanoseconds lifetime = 24h,
                           std::chrono::nanoseconds made_ago = 0s) const {
    auto key = private_key::make();
    certificate_term term{real_clock().wall_now() - made_ago, lifetime};
    return {owner.certificate_pem(), owner.issue_node(node_id, key.public_key(), term).value(), key.pem()};
  }
  tls_identity identity_of_user(const std::string& name, cluster_role role, std::chrono::nanoseconds made_ago = 0s,
                                std::chrono::nanoseconds lifetime = 24h) const {
    auto key = private_key::make();
    certificate_term term{real_clock().wall_now() - made_ago, lifetime};
    return {owner.certificate_pem(), owner.issue_user(name, role, key.public_key(), term).value(), key.pem()};
  }
  /// Knows whom to trust, and nothing else.
  tls_identity stranger() const { return {owner.certificate_pem(), "", ""}; }
};

/// What a door did with a connection that is encrypted and proven.
struct handled {
  std::string role;
  std::string who;
  std::thread::id on;
};

/// A cluster port of the node `id` on a loop of its own, and one for data. What is proven is noted, and gets the word "hello".
struct test_port {
  test_port(const test_cluster& cluster, cluster_door_options options = {}, bool all_roles = true)
    : identity(cluster.identity_of(node_1)),
      door(loop, {&data_loop}, listen_on("127.0.0.1:0").value(), identity, time, events, handlers(all_roles), options) {}
  ~test_port() {
    loop.stop();
    data_loop.stop();
  }

  cluster_handlers handlers(bool all_roles) {
    cluster_handlers all;
    all.control = [this](kj::Own<kj::AsyncIoStream> stream, std::string who) { return note("control", who, kj::mv(stream)); };
    if (!all_roles)
      return all;
    all.join = [this](kj::Own<kj::AsyncIoStream> stream) { return note("join", "", kj::mv(stream)); };
    all.data = [this](std::size_t, kj::Own<kj::AsyncIoStream> stream, std::string who) {
      return note("data", who, kj::mv(stream));
    };
    return all;
  }
  kj::Promise<void> note(const std::string& role, const std::string& who, kj::Own<kj::AsyncIoStream> stream) {
    {
      std::lock_guard lock(mutex);
      seen.push_back({role, who, std::this_thread::get_id()});
    }
    auto written = stream->write("hello", 5);
    return written.attach(kj::mv(stream));
  }
  std::vector<handled> all_seen() {
    std::lock_guard lock(mutex);
    return seen;
  }
  std::uint16_t port() const { return port_of(door.address()); }
  bool refused_because(const std::string& reason) {
    return eventually([&] { return events.last("cluster_connection_refused", "reason") == reason; });
  }

  real_clock time;
  collected_events events;
  std::mutex mutex;
  std::vector<handled> seen;
  kj_loop loop{"cluster", no_complaints};
  kj_loop data_loop{"data", no_complaints};
  identity_holder identity;
  cluster_door door;
};

/// A node's whole cluster port, at which peers ask.
struct peer_port {
  peer_port(const test_cluster& cluster, const std::string& id)
    : identity(cluster.identity_of(id)),
      trust([this, id] { return trust_by(identity, [this](const std::string& who) { return admits(who); }); }()),
      context(loop, system, desk, time, {id, "1.0"}, trust, {}),
      door(loop, {}, listen_on("127.0.0.1:0").value(), identity, time, events, handlers()) {
    pools = system.spawn(obedient_pools);
    actors.pools.set(pools);
  }
  ~peer_port() {
    loop.stop();
    caf::anon_send_exit(pools, caf::exit_reason::user_shutdown);
    actors.clear();
  }

  cluster_handlers handlers() {
    cluster_handlers only_control;
    only_control.control = [this](kj::Own<kj::AsyncIoStream> stream, std::string who) {
      return server.serve(kj::mv(stream), std::move(who));
    };
    return only_control;
  }
  result<void> admits(const std::string& who) {
    std::lock_guard lock(mutex);
    if (who == removed)
      return error{error_code::permission_denied, "it was removed from the cluster"};
    return {};
  }
  void remove(const std::string& who) {
    {
      std::lock_guard lock(mutex);
      removed = who;
    }
    server.cut(who);
  }
  peer_address address() const { return {context.self.node_id, door.address()}; }

  real_clock time;
  collected_events events;
  std::mutex mutex;
  std::string removed;
  kj_loop loop{"cluster", no_complaints};
  directory actors;
  caf::actor_system_config config;
  caf::actor_system system{config};
  pools_actor pools;
  peer_desk desk{system, actors};
  identity_holder identity;
  peer_trust trust;
  peer_context context;
  peer_server server{context};
  cluster_door door;
};

/// A node that asks others over TLS.
struct tls_asker {
  tls_asker(const std::string& id, tls_identity own)
    : name(id), identity(std::move(own)),
      client(loop, time, {id, "1.0"}, trust_by(identity, {}), dial_by(loop, identity), impatient()) {}
  ~tls_asker() { loop.stop(); }

  static peer_client_options impatient() {
    peer_client_options options;
    options.connect_timeout = 5s;
    options.rest_base = options.rest_max = 1ms;
    return options;
  }
  asked ask(const peer_address& whom, std::uint64_t revision) {
    asked question;
    client.ask(whom, assignment_of(revision, name), 20s, question.listener());
    return question;
  }

  const std::string name; ///< its node id
  real_clock time;
  kj_loop loop{"asking", no_complaints};
  identity_holder identity;
  peer_client client;
};

} // namespace troupe
