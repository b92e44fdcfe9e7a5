#include "tests/sim/cluster_promises.hpp"

#include "runtime/base/rollout_toml.hpp"
#include "storage/state_store.hpp"

#include <algorithm>

namespace troupe {

std::uint32_t running_replicas(const sim_members& members, const version_id& version) {
  std::uint32_t count = 0;
  for (const auto& member : members.all)
    if (member->is_awake())
      for (const auto& each : member->node().routes().pools())
        count += each->id() == version ? each->count().runners : 0;
  return count;
}

void cluster_promises::on_fault() {
  calm_ = false;
  serves_.clear();
  floors_.clear();
}

void cluster_promises::on_command(const sim_command& what) {
  under_way_.insert(what.name);
  auto floor = floors_.find(what.name);
  bool is_end = what.what == sim_command::kind::undeploy || (what.what == sim_command::kind::scale && what.replicas == 0);
  if (is_end)
    for (auto it = serves_.begin(); it != serves_.end();)
      it = it->first.second == what.name ? serves_.erase(it) : std::next(it);
  if (floor == floors_.end())
    return;
  if (is_end)
    floors_.erase(floor);
  else if (what.what != sim_command::kind::rollback)
    floor->second = std::min(floor->second, what.replicas);
}

void cluster_promises::on_assigned(const sim_member& to, const assignment& what, const result<peer_answer>& answer) {
  auto known = leader_of_.emplace(what.by.epoch, what.by.leader_id).first;
  if (known->second != what.by.leader_id)
    complain_("two nodes give assignments in epoch " + std::to_string(what.by.epoch));
  auto told = answer ? std::get_if<assignment_taken>(&*answer) : nullptr;
  if (told == nullptr || !told->taken)
    return;
  auto& highest = taken_[to.number];
  if (what.by.epoch < highest)
    complain_(to.name() + " took an assignment of epoch " + std::to_string(what.by.epoch) + " after one of epoch "
              + std::to_string(highest));
  highest = std::max(highest, what.by.epoch);
}

void cluster_promises::on_refusal(const sim_member& by, const std::string& deployment, steady_time sent, const error& why) {
  auto found = serves_.find({by.number, deployment});
  if (found != serves_.end() && sent >= found->second)
    complain_(by.name() + " refused a request to '" + deployment + "', which serves: " + to_string(why));
}

void cluster_promises::look() {
  look_at_leaders();
  if (!calm_)
    return;
  for (const auto& member : members_.all)
    if (member->is_awake())
      look_at_routes(*member);
  std::set<std::string> names;
  for (const auto& [key, since] : serves_)
    names.insert(key.second);
  for (const auto& name : names)
    look_at_replicas(name);
}

void cluster_promises::look_at_leaders() {
  std::map<std::uint64_t, std::string> seen;
  for (const auto& member : members_.all) {
    if (!member->is_awake() || !member->node().leads() || !member->node().is_up())
      continue;
    auto [other, is_first] = seen.emplace(member->node().lead().epoch, member->name());
    if (!is_first)
      complain_(member->name() + " and " + other->second + " both lead in epoch " + std::to_string(other->first));
  }
}

void cluster_promises::look_at_routes(const sim_member& member) {
  for (const auto& [name, where] : *member.node().routes().read())
    if (wanted(name) > 0 && where.target != nullptr && where.target->replicas() > 0)
      serves_.emplace(std::pair(member.number, name), member.time.now());
}

void cluster_promises::look_at_replicas(const std::string& deployment) {
  auto leader = std::find_if(members_.all.begin(), members_.all.end(),
                             [](const auto& each) { return each->is_awake() && each->node().leads(); });
  if (leader == members_.all.end())
    return;
  auto table = (*leader)->node().routes().read();
  auto route = table->find(deployment);
  if (route == table->end())
    return;
  auto running = running_replicas(members_, route->second.version);
  auto enough = wanted(deployment);
  auto floor = floors_.find(deployment);
  if (floor != floors_.end() && running < floor->second)
    running += running_in_place_of(**leader, route->second.version);
  if (floor != floors_.end() && running < floor->second) {
    complain_("only " + std::to_string(running) + " replicas of " + to_string(route->second.version) + " run, not "
              + std::to_string(floor->second));
    floors_.erase(floor);
  } else if (enough > 0 && running >= enough) {
    floors_[deployment] = enough;
  }
}

std::uint32_t cluster_promises::running_in_place_of(sim_member& leader, const version_id& version) const {
  std::uint32_t running = 0;
  for (const auto& each : state_store(leader.disk).versions(version.deployment).value())
    if (each.id.number > version.number && parse_rollout_toml(each.rollout_toml, "rollout.toml").value().rolling)
      running += running_replicas(members_, each.id);
  return running;
}

std::uint32_t cluster_promises::wanted(const std::string& deployment) const {
  auto state = expected_.certain(deployment);
  return state && state->exists && under_way_.count(deployment) == 0 ? state->wanted : 0;
}

} // namespace troupe
