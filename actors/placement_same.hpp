#pragma once

#include "actors/cluster_messages.hpp"

#include <algorithm>
#include <vector>

/// Whether two things that are told again and again say the same to a placer: what is no news moves nothing.
namespace troupe {

bool same(const placement_node& a, const placement_node& b);
bool same(const pool_order& a, const pool_order& b);
bool same(const route_order& a, const route_order& b);
bool same(const version_placed& a, const version_placed& b);
/// But for counters.
bool same(const node_report& a, const node_report& b);

template <class Order>
bool same_lists(const std::vector<Order>& a, const std::vector<Order>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return same(x, y); });
}

/// Replicas that answer requests.
std::uint32_t serving_of(const pool_report& report);

} // namespace troupe
