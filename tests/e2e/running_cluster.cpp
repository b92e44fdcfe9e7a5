#include "tests/e2e/running_cluster.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe::test {

namespace {

nlohmann::json told_as_json(const command_result& told) {
  return told.code == 0 ? nlohmann::json::parse(told.out) : nlohmann::json();
}

} // namespace

std::string node_token(running_node& by) {
  auto made = by.troupe({"token", "create"});
  BOOST_REQUIRE_MESSAGE(made.code == 0, made.err);
  return made.out.substr(0, made.out.find('\n'));
}

std::string cluster_address_of(running_node& node) {
  auto told = told_as_json(node.troupe({"nodes", "-o", "json"}));
  for (const auto& each : told["nodes"])
    if (each["asked"] == true)
      return each["address"];
  BOOST_FAIL("the node doesn't tell its cluster port: " << told.dump());
  return {};
}

std::string state_seen_by(running_node& asked, const std::string& name) {
  auto told = told_as_json(asked.troupe({"nodes", "-o", "json"}));
  if (told.is_object())
    for (const auto& each : told["nodes"])
      if (each["name"] == name)
        return each["state"];
  return {};
}

running_cluster::running_cluster(std::size_t nodes, std::vector<std::string> first) {
  first.insert(first.end(), {"--cluster", "127.0.0.1:0", "--name", "n1"});
  nodes_.push_back(std::make_unique<running_node>(std::move(first)));
  while (nodes_.size() < nodes)
    add();
  for (std::size_t asked = 1; asked <= nodes; ++asked)
    for (std::size_t other = 1; other <= nodes; ++other)
      BOOST_REQUIRE(sees(asked, "n" + std::to_string(other), "alive"));
}

running_node& running_cluster::add(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--cluster", "127.0.0.1:0", "--name", "n" + std::to_string(nodes_.size() + 1), "--join",
                                     address_of(1), "--token", node_token(node(1))});
  nodes_.push_back(std::make_unique<running_node>(std::move(arguments)));
  return *nodes_.back();
}

bool running_cluster::sees(std::size_t asked, const std::string& name, const std::string& state,
                           std::chrono::milliseconds patience) {
  return eventually([&] { return state_of(asked, name) == state; }, patience);
}

std::vector<std::string> running_cluster::nodes_of(const std::string& deployment, std::size_t asked) {
  auto told = told_as_json(node(asked).troupe({"status", deployment, "-o", "json"}));
  std::vector<std::string> names;
  if (told.is_object())
    for (const auto& each : told["deployments"])
      for (const auto& version : each["versions"])
        for (const auto& replica : version["replicas"])
          if (version["state"] == "live" && replica["state"] == "ready")
            names.push_back(replica["node"]);
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace troupe::test
