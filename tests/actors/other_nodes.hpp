#pragma once

#include "actors/environment.hpp"
#include "runtime/base/sha256.hpp"
#include "tests/support/artifact_nodes.hpp"
#include "tests/support/fake_forwarder.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace troupe {

/// Knows the nodes that the test says.
inline membership_actor::behavior_type told_membership(std::shared_ptr<node_list> told) {
  return {
      [](get_status) { return actor_status{}; },
      [](await_ready) { return ready{}; },
      [told](list_nodes) { return *told; },
      [](const probe&) { return probe_message{}; },
      [](const ask_help&) { return help_answer{}; },
      [](const exchange_members&) { return exchange_members{}; },
      [](const member_changed&) {},
      [](leave_cluster) { return done{}; },
      [](const rename_self&) {},
  };
}

/// A cluster of n1, its leader unless the test says otherwise, n2 and n3, as n3 sees it.
struct other_nodes {
  artifact_nodes others;
  fake_forwarder requests;
  peer_board board;
  cluster_network network{others, requests, board};
  std::shared_ptr<node_list> nodes = std::make_shared<node_list>();

  other_nodes() {
    nodes->lead = {1, "n1", ""};
    for (const char* id : {"n1", "n2", "n3"})
      set_state(id, "alive");
  }

  void set_state(const std::string& id, const std::string& node_state) {
    auto found = std::find_if(nodes->nodes.begin(), nodes->nodes.end(), [&](const auto& each) { return each.node_id == id; });
    auto& info = found == nodes->nodes.end() ? nodes->nodes.emplace_back() : *found;
    info.node_id = info.name = id;
    info.address = id + ":7551";
    info.state = node_state;
    info.is_self = id == "n3";
    board.set(id, {id, info.address, node_state == "alive", 0, false});
  }
  /// The node has this; gives its hash.
  std::string give(const std::string& node_id, const std::string& bytes) {
    auto hash = sha256_of(bytes);
    others.nodes[node_id].artifacts[hash] = bytes;
    return hash;
  }
};

} // namespace troupe
