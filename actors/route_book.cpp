#include "actors/route_book.hpp"

#include "runtime/base/model_toml.hpp"

namespace troupe {

namespace {

error being_started(const std::string& deployment) {
  return {error_code::unavailable, "deployment '" + deployment + "' is being started; retry in a moment"};
}

} // namespace

std::shared_ptr<const routing_table> route_book::table_of(const std::vector<route_order>& orders, const pool_finder& find_pool) {
  auto table = std::make_shared<routing_table>();
  entry_map next;
  for (const auto& order : orders)
    (*table)[order.deployment] = route_of(order, find_pool, next);
  entries_ = std::move(next);
  return table;
}

route route_book::route_of(const route_order& order, const pool_finder& find_pool, entry_map& next) {
  version_id id{order.deployment, order.version};
  if (order.version == 0)
    return {id, nullptr, order.why_not};
  auto known = entry_of(order, next);
  if (known == nullptr)
    return {id, nullptr, being_started(order.deployment)};
  auto local = find_pool(id);
  known->target->set_local(local);
  set_remotes(order, *known);
  if (local == nullptr && known->remotes.empty())
    return {id, nullptr, order.why_not.message.empty() ? being_started(order.deployment) : order.why_not};
  return {id, known->target, {}};
}

route_book::entry* route_book::entry_of(const route_order& order, entry_map& next) {
  std::pair key{order.deployment, order.version};
  if (auto known = entries_.find(key); known != entries_.end() && known->second.model_toml == order.model_toml)
    return &(next[key] = std::move(known->second));
  auto spec = parse_model_toml(order.model_toml, "model.toml");
  if (!spec)
    return nullptr;
  auto& made = next[key];
  made.model_toml = order.model_toml;
  made.target = std::make_shared<spread>(version_id{order.deployment, order.version}, *spec, node_.time, node_.seeds.next());
  return &made;
}

void route_book::set_remotes(const route_order& order, entry& known) {
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
