#include "tests/sim/cluster_settled.hpp"

#include "tests/sim/seen_deployment.hpp"

#include <algorithm>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s;

/// What the nodes say, at about one moment.
struct cluster_view {
  std::map<cluster_world::machine_number, node_list> nodes;
  std::optional<std::vector<deployment_view>> deployments;
  std::optional<std::vector<member_record>> records; ///< the leader's
};

using complaints = std::vector<std::string>;

template <class Answer, class Actor, class Question>
void ask(sim_member& whom, const Actor& actor, Question question, std::function<void(Answer)> keep) {
  std::function<void(result<Answer>)> told = [keep](result<Answer> answer) {
    if (answer)
      keep(std::move(*answer));
  };
  whom.node().ask<Answer>(actor, question, patience, told);
}

cluster_view look(cluster_world& world) {
  auto seen = std::make_shared<cluster_view>();
  auto leader = world.leader();
  auto& actors = leader->node().actors();
  for (auto which : world.awake()) {
    auto& one = world.member(which);
    ask<node_list>(one, one.node().actors().membership.get(), list_nodes{},
                   [seen, which](node_list list) { seen->nodes[which] = std::move(list); });
  }
  ask<deployment_list>(*leader, actors.catalog.get(), list_deployments{},
                       [seen](deployment_list list) { seen->deployments = std::move(list.deployments); });
  ask<member_list>(*leader, actors.registrar.get(), list_members{},
                   [seen](member_list list) { seen->records = std::move(list.members); });
  world.run(10ms);
  return *seen;
}

// -- nodes ------------------------------------------------------------------------------------------------------------------------

std::string expected_state_of(const sim_member& member, const std::vector<member_record>& records) {
  if (member.removed)
    return "removed";
  auto record =
      std::find_if(records.begin(), records.end(), [&](const auto& each) { return each.node_id == member.self.node_id; });
  if (record == records.end())
    return "unknown";
  if (member.is_off())
    return "dead";
  return record->draining ? "draining" : "alive";
}

void check_nodes(cluster_world& world, const cluster_view& seen, complaints& found) {
  auto lead = world.leader()->node().lead();
  for (auto which : world.awake()) {
    auto told = seen.nodes.find(which);
    auto name = world.member(which).name();
    if (told == seen.nodes.end()) {
      found.push_back(name + " doesn't tell of the nodes");
      continue;
    }
    if (told->second.lead.epoch != lead.epoch || told->second.lead.leader_id != lead.leader_id)
      found.push_back(name + " follows another leader");
    std::map<std::string, std::string> states;
    for (const auto& node : told->second.nodes)
      states[node.node_id] = node.state;
    for (const auto& other : world.members().all) {
      auto wanted = expected_state_of(*other, *seen.records);
      auto known = states.find(other->self.node_id);
      auto state = known == states.end() ? (other->removed ? "removed" : "unknown") : known->second;
      if (state != wanted)
        found.push_back("to " + name + ", " + other->name() + " is " + state + ", not " + wanted);
    }
  }
}

// -- what runs --------------------------------------------------------------------------------------------------------------------

/// Replicas of each version that there must be.
std::map<std::string, std::uint32_t> wanted_replicas(const std::vector<deployment_view>& all) {
  std::map<std::string, std::uint32_t> wanted;
  for (const auto& view : all)
    for (auto number : {usable_version(view), view.record.previous_version})
      if (number != 0 && view.record.wanted_replicas != 0)
        wanted[to_string(version_id{view.record.name, number})] = view.record.wanted_replicas;
  return wanted;
}

void check_rollout(const deployment_view& view, complaints& found) {
  const auto& name = view.record.name;
  if (view.record.target_version != 0)
    found.push_back("'" + name + "' has not finished its way to version " + std::to_string(view.record.target_version));
  if (!is_undone(view) && usable_version(view) != view.record.last_version)
    found.push_back("the newest version of '" + name + "' has not failed, was not rolled back, and is not live");
}

/// Whether all that a node runs must have found another place.
bool must_be_empty(cluster_world& world, const sim_member& one, const std::vector<member_record>& records) {
  auto able = world.awake();
  auto takes = [&](auto which) { return expected_state_of(world.member(which), records) == "alive"; };
  return expected_state_of(one, records) == "draining" && std::any_of(able.begin(), able.end(), takes);
}

void check_pools(cluster_world& world, const cluster_view& seen, complaints& found) {
  auto wanted = wanted_replicas(*seen.deployments);
  std::map<std::string, std::uint32_t> running;
  for (auto which : world.awake()) {
    auto& one = world.member(which);
    std::size_t processes = 0;
    for (const auto& each : one.node().routes().pools()) {
      auto count = each->count().runners;
      running[to_string(each->id())] += count;
      processes += 1 + count;
      if (must_be_empty(world, one, *seen.records))
        found.push_back(one.name() + " drains, but runs " + to_string(each->id()));
    }
    if (one.hosts.alive() != processes)
      found.push_back(one.name() + " has processes of no pool: " + one.hosts.list());
  }
  for (const auto& [version, count] : wanted)
    if (running[version] != count)
      found.push_back(version + " has " + std::to_string(running[version]) + " replicas, not " + std::to_string(count));
  for (const auto& [version, count] : running)
    if (wanted.count(version) == 0)
      found.push_back(version + " still runs");
}

void check_routes(cluster_world& world, const cluster_view& seen, complaints& found) {
  for (auto which : world.awake()) {
    auto& one = world.member(which);
    auto table = one.node().routes().read();
    for (const auto& view : *seen.deployments) {
      auto usable = usable_version(view);
      auto wanted = usable == 0 ? 0 : view.record.wanted_replicas;
      auto route = table->find(view.record.name);
      auto there = route == table->end() || route->second.target == nullptr ? 0 : route->second.target->replicas();
      if (route == table->end())
        found.push_back(one.name() + " knows nothing of '" + view.record.name + "'");
      else if (route->second.candidate)
        found.push_back(one.name() + " still divides the requests of '" + view.record.name + "'");
      else if (there != wanted || (wanted > 0 && route->second.version.number != usable))
        found.push_back(one.name() + " routes '" + view.record.name + "' to " + std::to_string(there) + " replicas of version "
                        + std::to_string(route->second.version.number) + ", not " + std::to_string(wanted) + " of "
                        + std::to_string(usable));
    }
    for (const auto& [name, route] : *table)
      if (std::none_of(seen.deployments->begin(), seen.deployments->end(),
                       [&, &wanted = name](const auto& view) { return view.record.name == wanted; }))
        found.push_back(one.name() + " still routes '" + name + "'");
  }
}

void check_expected(cluster_world& world, const cluster_view& seen, complaints& found) {
  std::map<std::string, expected_deployment> states = {{"a", {}}, {"b", {}}, {"c", {}}};
  for (const auto& view : *seen.deployments)
    states[view.record.name] = {true, view.record.last_version, view.record.wanted_replicas};
  for (const auto& [name, state] : states)
    if (!world.expected().look(name, state))
      found.push_back("'" + name + "' is " + to_string(state) + ", but must be " + world.expected().describe(name));
}

/// A request for each deployment at each node.
void check_requests(cluster_world& world, const cluster_view& seen, complaints& found) {
  auto before = world.answered();
  std::uint64_t sent = 0;
  for (auto which : world.awake())
    for (const auto& view : *seen.deployments)
      if (usable_version(view) != 0 && view.record.wanted_replicas > 0) {
        auto& one = world.member(which);
        one.client.send(one.node().routes(), view.record.name, static_cast<float>(1000 + sent), 1000ms);
        ++sent;
      }
  world.run(300ms);
  if (world.answered() != before + sent)
    found.push_back(std::to_string(before + sent - world.answered()) + " of " + std::to_string(sent)
                    + " requests are not answered");
}

} // namespace

std::vector<std::string> unsettled(cluster_world& world) {
  if (world.leader() == nullptr)
    return {"nobody leads"};
  auto seen = look(world);
  if (!seen.deployments || !seen.records)
    return {"the leader doesn't say what there is"};
  complaints found;
  check_nodes(world, seen, found);
  for (const auto& view : *seen.deployments)
    check_rollout(view, found);
  check_pools(world, seen, found);
  check_routes(world, seen, found);
  if (!found.empty())
    return found;
  check_expected(world, seen, found);
  check_requests(world, seen, found);
  return found;
}

} // namespace troupe
