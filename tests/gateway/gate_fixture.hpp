#pragma once

#include "runtime/gateway/client_gate.hpp"
#include "runtime/gateway/http_server.hpp"
#include "tests/gateway/cluster_fixture.hpp"
#include "tests/gateway/node_fixture.hpp"

namespace troupe {

/// The node of the fixture with both its doors behind a gate.
struct gate_fixture : node_fixture {
  explicit gate_fixture(client_gate_options strict = {}, const gateway_options& given = small_limits())
    : node_fixture(given), gate(loop_pointers(), identity, revoked, time, events, strict),
      rpc(loop_pointers(), listen_on("127.0.0.1:0").value(), view(), options, clients, &gate),
      http(loop_pointers(), listen_on("127.0.0.1:0").value(), view(), options, clients, &gate) {}
  ~gate_fixture() { stop(); }

  std::uint16_t rpc_port() const { return port_of(rpc.address()); }
  std::uint16_t http_port() const { return port_of(http.address()); }
  bool refused_because(const std::string& reason) {
    return eventually([&] { return events.last("client_refused", "reason") == reason; });
  }

  test_cluster cluster;
  tls_identity anna = cluster.identity_of_user("anna", cluster_role::admin);
  tls_identity ben = cluster.identity_of_user("ben", cluster_role::client);
  identity_holder identity{cluster.identity_of(node_1)};
  revocation_list revoked;
  client_gate gate;
  rpc_server rpc;
  http_server http;
};

} // namespace troupe
