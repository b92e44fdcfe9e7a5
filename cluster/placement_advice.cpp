#include "cluster/placement_account.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>

namespace troupe::placing {

namespace {

/// What keeps a demand from nodes.
struct obstacles {
  std::uint32_t nodes = 0;
  std::uint32_t draining = 0;
  std::uint32_t suspect = 0;
  std::uint32_t full = 0;
  bool suspect_fits = false;                   ///< one of them by its labels
  std::map<std::string, std::uint32_t> labels; ///< nodes that lack this one: "zone=a"
  std::uint32_t memory = 0;
  std::optional<node_index> most_free; ///< of those that lack memory
};

/// "zone=a"
std::string label_text(std::string name, const std::string& value) {
  return name.append("=").append(value);
}

std::string missing_label(const placement_node& node, const placement_demand& demand) {
  for (const auto& [name, value] : demand.constraints)
    if (auto found = node.labels.find(name); found == node.labels.end() || found->second != value)
      return label_text(name, value);
  return "";
}

void look_at(obstacles& found, const placement_board& board, demand_index d, node_index n) {
  const auto* node = board.index().given(n);
  if (node == nullptr || node->use == placement_use::gone)
    return;
  ++found.nodes;
  auto label = missing_label(*node, board.index().demand(d));
  if (node->use == placement_use::draining)
    ++found.draining;
  else if (node->use == placement_use::full)
    ++found.full;
  else if (node->use == placement_use::suspect) {
    ++found.suspect;
    found.suspect_fits = found.suspect_fits || label.empty();
  } else if (!label.empty())
    ++found.labels[label];
  else {
    ++found.memory;
    if (!found.most_free || board.free_bytes(n) > board.free_bytes(*found.most_free))
      found.most_free = n;
  }
}

/// "1 lacks", "2 lack"
std::string counted(std::uint32_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts)
    text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string text_of(const obstacles& found, const placement_board& board) {
  std::vector<std::string> parts;
  if (found.memory > 0)
    parts.push_back(counted(found.memory, "lacks", "lack")
                    + " memory (most free: " + std::string(board.index().nodes()[*found.most_free].id) + ", "
                    + human_size(board.free_bytes(*found.most_free)) + ")");
  for (const auto& [label, count] : found.labels)
    parts.push_back(counted(count, "lacks", "lack") + " " + label);
  if (found.full > 0)
    parts.push_back(counted(found.full, "has", "have") + " no room on disk");
  if (found.suspect > 0)
    parts.push_back(counted(found.suspect, "is", "are") + " suspect");
  if (found.draining > 0)
    parts.push_back(counted(found.draining, "is", "are") + " draining");
  return "of " + counted(found.nodes, "node", "nodes") + " " + joined(parts);
}

std::string remedy(const obstacles& found, const placement_demand& demand) {
  std::vector<std::string> labels;
  for (const auto& [name, value] : demand.constraints)
    labels.push_back(label_text(name, value));
  auto add = "add a node" + (labels.empty() ? "" : " with " + joined(labels));
  if (found.memory > 0)
    return add + ", or lower replicas";
  if (!found.labels.empty())
    return add + ", or loosen the constraints";
  if (found.full > 0)
    return add + ", or make room where there is none";
  return found.nodes > 0 ? add + ", or wait until one is usable" : add;
}

} // namespace

void explain(const placement_board& board, demand_index d, placement_shortfall& shortfall) {
  const auto& demand = board.index().demand(d);
  obstacles found;
  for (node_index n = 0; n < board.index().nodes().size(); ++n)
    look_at(found, board, d, n);
  auto replicas = shortfall.missing + shortfall.staying;
  auto text = to_string(demand.version) + " needs " + human_size(lone_bytes(demand)) + " on a node for "
              + (replicas == 1 ? "1 more replica" : "each of " + std::to_string(replicas) + " more replicas");
  if (shortfall.staying > 0)
    text += " (" + counted(shortfall.staying, "stays", "stay") + " on a draining node until then)";
  shortfall.may_pass = found.suspect_fits;
  shortfall.advice = text + "; " + (found.nodes == 0 ? "there is no node" : text_of(found, board)) + "; " + remedy(found, demand);
}

} // namespace troupe::placing
