#pragma once

#include "tests/e2e/running_node.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

/// A token that one more node can join by.
std::string node_token(running_node& by);
/// The cluster port that the node tells.
std::string cluster_address_of(running_node& node);
/// How it sees the node of this name: "alive", "suspect", …; empty if it doesn't know it or doesn't answer.
std::string state_seen_by(running_node& asked, const std::string& name);

/// Nodes "n1", "n2", … of one cluster on this machine; the first one founds it and leads.
class running_cluster {
public:
  /// Returns once every node sees all others alive. `first`: more arguments of the first node.
  explicit running_cluster(std::size_t nodes, std::vector<std::string> first = {});

  /// Counts from 1, as the names do.
  running_node& node(std::size_t number) { return *nodes_.at(number - 1); }
  std::size_t size() const { return nodes_.size(); }
  /// Another node joins by a token.
  running_node& add(std::vector<std::string> arguments = {});

  std::string state_of(std::size_t asked, const std::string& name) { return state_seen_by(node(asked), name); }
  /// Whether it sees it so soon.
  bool sees(std::size_t asked, const std::string& name, const std::string& state,
            std::chrono::milliseconds patience = std::chrono::seconds(20));
  /// Names of the nodes of the ready replicas of the live version, in order, one for each replica, as the leader tells.
  std::vector<std::string> nodes_of(const std::string& deployment, std::size_t asked = 1);

  std::string address_of(std::size_t number) { return cluster_address_of(node(number)); }

private:
  std::vector<std::unique_ptr<running_node>> nodes_;
};

} // namespace troupe::test
