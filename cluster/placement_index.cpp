#include "cluster/placement_index.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <tuple>

namespace troupe::placing {

namespace {

struct version_hash {
  std::size_t operator()(const version_id* id) const {
    return std::hash<std::string_view>()(id->deployment) ^ (id->number * 0x9e3779b97f4a7c15ULL);
  }
};

struct version_equal {
  bool operator()(const version_id* a, const version_id* b) const { return *a == *b; }
};

std::string_view label(const placement_node* node, const std::string& name) {
  if (node == nullptr)
    return {};
  auto found = node->labels.find(name);
  return found == node->labels.end() ? std::string_view() : found->second;
}

bool holds(const placement_node* node, const std::map<std::string, std::string>& constraints) {
  return node != nullptr && std::all_of(constraints.begin(), constraints.end(), [&](const auto& constraint) {
           auto found = node->labels.find(constraint.first);
           return found != node->labels.end() && found->second == constraint.second;
         });
}

node_entry entry_of(std::string_view id, const placement_node* node) {
  node_entry entry;
  entry.id = id;
  if (node == nullptr)
    return entry;
  entry.use = node->use;
  entry.cores = std::max(node->cores, 1U);
  entry.memory_bytes = node->memory_bytes;
  entry.free_bytes = node->memory_bytes - std::min(node->memory_bytes, node->memory_others_bytes);
  return entry;
}

} // namespace

std::uint64_t lone_bytes(const placement_demand& demand) {
  auto rest = std::numeric_limits<std::uint64_t>::max() - demand.shared_bytes;
  return demand.shared_bytes + std::min(rest, demand.replica_bytes);
}

bool before(const version_id& a, const version_id& b) {
  return std::tie(a.deployment, a.number) < std::tie(b.deployment, b.number);
}

placement_index::placement_index(const std::vector<placement_node>& nodes, const std::vector<placement_demand>& demands,
                                 const std::vector<placed_replicas>& current) {
  auto numbers = number_nodes(nodes, current);
  number_zones();
  number_demands(demands);
  number_current(numbers, current);
  find_eligible();
}

placement_index::node_numbers placement_index::number_nodes(const std::vector<placement_node>& nodes,
                                                            const std::vector<placed_replicas>& current) {
  std::unordered_map<std::string_view, const placement_node*> known;
  known.reserve(nodes.size());
  for (const auto& node : nodes)
    known.emplace(node.id, &node);
  for (const auto& placed : current)
    known.emplace(placed.node, nullptr);
  std::vector<std::string_view> ids;
  ids.reserve(known.size());
  for (const auto& [id, node] : known)
    ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  node_numbers numbers;
  numbers.reserve(ids.size());
  for (auto id : ids) {
    numbers.emplace(id, static_cast<node_index>(nodes_.size()));
    given_.push_back(known[id]);
    nodes_.push_back(entry_of(id, known[id]));
  }
  return numbers;
}

void placement_index::number_zones() {
  static const std::string zone = "zone";
  std::vector<std::string_view> names;
  for (const auto* node : given_)
    names.push_back(label(node, zone));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (std::size_t n = 0; n < nodes_.size(); ++n)
    nodes_[n].zone =
        static_cast<zone_index>(std::lower_bound(names.begin(), names.end(), label(given_[n], zone)) - names.begin());
  zone_count_ = names.size();
}

void placement_index::number_demands(const std::vector<placement_demand>& demands) {
  for (const auto& demand : demands)
    demands_.push_back(&demand);
  std::sort(demands_.begin(), demands_.end(), [](const placement_demand* a, const placement_demand* b) {
    auto bytes_a = lone_bytes(*a);
    auto bytes_b = lone_bytes(*b);
    return bytes_a != bytes_b ? bytes_a > bytes_b : before(a->version, b->version);
  });
}

void placement_index::number_current(const node_numbers& numbers, const std::vector<placed_replicas>& current) {
  std::unordered_map<const version_id*, demand_index, version_hash, version_equal> versions;
  versions.reserve(demands_.size());
  for (demand_index d = 0; d < demands_.size(); ++d)
    versions.emplace(&demands_[d]->version, d);
  current_.resize(demands_.size());
  for (const auto& placed : current) {
    if (auto found = versions.find(&placed.version); found == versions.end())
      unwanted_.push_back(placed);
    else
      current_[found->second].push_back({numbers.at(placed.node), placed.replicas});
  }
  std::sort(unwanted_.begin(), unwanted_.end(), [](const placed_replicas& a, const placed_replicas& b) {
    return a.version == b.version ? a.node < b.node : before(a.version, b.version);
  });
  for (auto& list : current_)
    std::sort(list.begin(), list.end(), [](const running& a, const running& b) { return a.node < b.node; });
}

void placement_index::find_eligible() {
  std::map<std::map<std::string, std::string>, std::size_t> known;
  for (const auto* demand : demands_) {
    auto [found, added] = known.emplace(demand->constraints, eligible_.size());
    if (added)
      eligible_.push_back(eligible_for(demand->constraints));
    eligible_of_.push_back(found->second);
  }
}

eligible_nodes placement_index::eligible_for(const std::map<std::string, std::string>& constraints) const {
  eligible_nodes eligible;
  std::vector<bool> has_usable(zone_count_);
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    eligible.allowed.push_back(holds(given_[n], constraints));
    if (!eligible.allowed[n] || nodes_[n].use != placement_use::usable)
      continue;
    ++eligible.usable;
    has_usable[nodes_[n].zone] = true;
  }
  for (zone_index zone = 0; zone < zone_count_; ++zone)
    if (has_usable[zone])
      eligible.zones.push_back(zone);
  return eligible;
}

std::vector<demand_index> placement_index::by_version() const {
  std::vector<demand_index> order(demands_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](demand_index a, demand_index b) { return before(demands_[a]->version, demands_[b]->version); });
  return order;
}

} // namespace troupe::placing
