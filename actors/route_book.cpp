#include "actors/route_book.hpp"

#include "runtime/base/model_toml.hpp"
#include "runtime/policy/request_check.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool same(const split_rule& a, const split_rule& b) {
  return a.generation == b.generation && a.weight == b.weight && a.fuse == b.fuse && a.copies == b.copies && a.others == b.others;
}

error being_started(const std::string& deployment) {
  return {error_code::unavailable, "deployment '" + deployment + "' is being started; retry in a moment"};
}

/// Requests that its replicas can run at once.
std::uint32_t places_in(const route_arm& arm, const model_spec& spec) {
  std::uint32_t replicas = 0;
  for (const auto& share : arm.shares)
    replicas += share.replicas;
  return replicas * std::max(spec.max_batch, 1U);
}

} // namespace

std::shared_ptr<const routing_table> route_book::table_of(const std::vector<route_order>& orders, const pool_finder& find_pool) {
  auto table = std::make_shared<routing_table>();
  entry_map next;
  split_map splits;
  for (const auto& order : orders) {
    auto live = order.live.version == 0 ? arm{{order.deployment, 0}, nullptr, order.why_not}
                                        : arm_of(order.deployment, order.live, find_pool, next);
    if (live.target == nullptr && !order.why_not.message.empty())
      live.why_not = order.why_not;
    (*table)[order.deployment] = {live.version, live.target, live.why_not, candidate_of(order, find_pool, next, splits)};
  }
  entries_ = std::move(next);
  splits_ = std::move(splits);
  return table;
}

std::vector<fuse_report> route_book::blown_fuses() const {
  std::vector<fuse_report> blown;
  for (const auto& [deployment, known] : splits_)
    if (auto failures = known.split->blown())
      blown.push_back({deployment, known.split->rule().generation, *failures});
  return blown;
}

std::vector<watch_report> route_book::seen() const {
  std::vector<watch_report> all;
  for (const auto& [deployment, known] : splits_)
    all.push_back({deployment, known.split->rule().generation, std::make_shared<const watch_counters>(known.watch->read())});
  return all;
}

route_book::arm route_book::arm_of(const std::string& deployment, const route_arm& order, const pool_finder& find_pool,
                                   entry_map& next) {
  version_id id{deployment, order.version};
  auto known = entry_of(deployment, order, next);
  if (known == nullptr)
    return {id, nullptr, being_started(deployment)};
  auto local = find_pool(id);
  known->target->set_local(local);
  set_remotes(order, *known);
  if (local == nullptr && known->remotes.empty())
    return {id, nullptr, being_started(deployment)};
  return {id, known->target, {}};
}

std::optional<candidate_route> route_book::candidate_of(const route_order& order, const pool_finder& find_pool, entry_map& next,
                                                        split_map& splits) {
  if (!order.candidate)
    return std::nullopt;
  auto candidate = arm_of(order.deployment, *order.candidate, find_pool, next);
  // Of a version that has no place yet, too: a watch lasts as long as its split.
  auto spec_of = [&](version_number version) {
    auto known = next.find({order.deployment, version});
    return known == next.end() || known->second.target == nullptr ? model_spec{} : known->second.target->spec();
  };
  auto incumbent_spec = spec_of(order.live.version);
  auto candidate_spec = spec_of(order.candidate->version);
  auto now = splits[order.deployment] = divided_by(order, incumbent_spec, candidate_spec);
  candidate_route made{candidate.version, candidate.target, now.split, order.split.key, order.split.always, now.watch};
  for (const auto& each : order.others) {
    auto other = arm_of(order.deployment, each, find_pool, next);
    made.others.push_back({other.version, other.target});
  }
  made.takes_rewards = order.split.takes_rewards;
  made.copies_max = takes_same_inputs(incumbent_spec, candidate_spec) ? places_in(*order.candidate, candidate_spec) : 0;
  return made;
}

route_book::divided route_book::divided_by(const route_order& order, const model_spec& incumbent,
                                           const model_spec& candidate) const {
  split_rule rule{order.split.weight, order.split.number, order.split.fuse, order.split.copies,
                  static_cast<std::uint32_t>(order.others.size())};
  auto known = splits_.find(order.deployment);
  bool same_candidate = known != splits_.end() && known->second.candidate == order.candidate->version;
  // A leader that was replaced may have given another split this number.
  if (same_candidate && same(known->second.split->rule(), rule))
    return known->second;
  auto before = same_candidate ? known->second.split.get() : nullptr;
  return {order.candidate->version, std::make_shared<const traffic_split>(rule, before),
          std::make_shared<answer_watch>(node_.time, order.split.looks, incumbent, candidate, rule.others)};
}

route_book::entry* route_book::entry_of(const std::string& deployment, const route_arm& order, entry_map& next) {
  std::pair key{deployment, order.version};
  if (auto known = entries_.find(key); known != entries_.end() && known->second.model_toml == order.model_toml)
    return &(next[key] = std::move(known->second));
  auto spec = parse_model_toml(order.model_toml, "model.toml");
  if (!spec)
    return nullptr;
  auto& made = next[key];
  made.model_toml = order.model_toml;
  made.target = std::make_shared<spread>(version_id{deployment, order.version}, *spec, node_.time, node_.seeds.next());
  return &made;
}

void route_book::set_remotes(const route_arm& order, entry& known) {
  std::map<std::string, std::shared_ptr<remote_pool>> now;
  for (const auto& share : order.shares) {
    if (share.node_id == node_.node_id || node_.network == nullptr)
      continue;
    auto& remote = now[share.node_id];
    if (auto before = known.remotes.find(share.node_id); before != known.remotes.end())
      remote = before->second;
    else
      remote = std::make_shared<remote_pool>(known.target->id(), known.target->spec(), share.replicas,
                                             node_.network->peers.find(share.node_id), node_.network->requests);
    remote->set_replicas(share.replicas);
  }
  known.remotes = std::move(now);
  std::vector<std::shared_ptr<remote_pool>> remotes;
  for (const auto& [node_id, remote] : known.remotes)
    remotes.push_back(remote);
  known.target->set_remotes(std::move(remotes));
}

} // namespace troupe
