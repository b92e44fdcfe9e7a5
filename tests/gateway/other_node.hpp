#pragma once

#include "runtime/gateway/acceptor.hpp"
#include "runtime/gateway/forward_link.hpp"
#include "runtime/gateway/forward_service.hpp"
#include "tests/gateway/node_fixture.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Another node, as far as it answers for others: loops, a door for nodes without TLS, and perhaps a pool.
class other_node {
public:
  explicit other_node(const gateway_options& options)
    : options_(options), server_(loop_pointers(), routes, time, options, drain),
      door_(loop_pointers(), listen_on("127.0.0.1:0").value(), door_kind::rpc, clients_,
            [this](std::size_t loop, kj::Own<kj::AsyncIoStream> peer) { return serve(loop, kj::mv(peer)); }) {}
  ~other_node() {
    if (echo != nullptr) {
      echo->close(true);
      runner->let_go();
    }
    for (auto& loop : loops_)
      loop->stop();
  }

  const std::string& address() const { return door_.address(); }
  /// It runs that version from now on.
  void run(const version_id& id, const model_spec& spec) {
    echo = std::make_shared<pool>(id, spec, time, events_);
    runner = std::make_shared<echo_runner>(echo);
    echo->attach(runner);
    routes.enlist(echo);
  }
  /// Ends all connections that it serves.
  void cut() { server_.cut("a"); }
  bool quiet() const { return server_.quiet(); }
  /// Serves connections in another way from now on.
  std::function<kj::Promise<void>(kj::Own<kj::AsyncIoStream>)> instead;

  real_clock time;
  routing_cell routes;
  drain_gate drain;
  std::shared_ptr<pool> echo;
  std::shared_ptr<echo_runner> runner;

private:
  std::vector<kj_loop*> loop_pointers() const { return {loops_[0].get(), loops_[1].get()}; }
  kj::Promise<void> serve(std::size_t loop, kj::Own<kj::AsyncIoStream> peer) {
    return instead ? instead(kj::mv(peer)) : server_.serve(loop, kj::mv(peer), "a");
  }

  const gateway_options options_;
  collected_events events_;
  client_count clients_{1000};
  std::vector<std::unique_ptr<kj_loop>> loops_ = node_fixture::make_loops();
  forward_server server_;
  acceptor door_;
};

/// Connects to the address that a node has in a table, without TLS.
class plain_dialler final : public data_dialler {
public:
  void set(const std::string& node_id, const std::string& address) {
    std::lock_guard lock(mutex_);
    addresses_[node_id] = address;
  }
  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(kj_loop& on, const std::string& node_id) override {
    ++dialled;
    std::lock_guard lock(mutex_);
    auto& network = on.io().provider->getNetwork();
    return network.parseAddress(addresses_[node_id].c_str()).then([](kj::Own<kj::NetworkAddress>&& to) {
      return to->connect().attach(kj::mv(to));
    });
  }

  std::atomic<int> dialled{0};

private:
  std::mutex mutex_;
  std::map<std::string, std::string> addresses_;
};

} // namespace troupe
