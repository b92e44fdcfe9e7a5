#include "actors/placement_same.hpp"

namespace troupe {

namespace {

bool same(const route_share& a, const route_share& b) {
  return a.node_id == b.node_id && a.replicas == b.replicas;
}

bool same(const route_arm& a, const route_arm& b) {
  return a.version == b.version && a.model_toml == b.model_toml
         && std::equal(a.shares.begin(), a.shares.end(), b.shares.begin(), b.shares.end(),
                       [](const auto& x, const auto& y) { return same(x, y); });
}

bool same_but_counters(const pool_report& a, const pool_report& b) {
  return a.status.id == b.status.id && a.fingerprint == b.fingerprint && a.phase == b.phase && a.wanted == b.wanted
         && a.loaded == b.loaded && a.started == b.started && a.complete == b.complete && serving_of(a) == serving_of(b);
}

} // namespace

bool same(const placement_node& a, const placement_node& b) {
  return a.cores == b.cores && a.memory_bytes == b.memory_bytes && a.memory_others_bytes == b.memory_others_bytes
         && a.labels == b.labels && a.use == b.use;
}

bool same(const pool_order& a, const pool_order& b) {
  return a.id == b.id && a.fingerprint == b.fingerprint && a.replicas == b.replicas && a.may_start == b.may_start
         && a.proven == b.proven && a.judged == b.judged;
}

bool same(const route_order& a, const route_order& b) {
  return a.deployment == b.deployment && a.why_not.code == b.why_not.code && a.why_not.message == b.why_not.message
         && a.split.number == b.split.number && same(a.live, b.live) && a.candidate.has_value() == b.candidate.has_value()
         && (!a.candidate || same(*a.candidate, *b.candidate))
         && std::equal(a.others.begin(), a.others.end(), b.others.begin(), b.others.end(),
                       [](const route_arm& x, const route_arm& y) { return same(x, y); });
}

bool same(const node_report& a, const node_report& b) {
  return a.epoch == b.epoch && a.revision == b.revision
         && std::equal(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end(),
                       [](const auto& x, const auto& y) { return same_but_counters(x, y); });
}

bool same(const version_placed& a, const version_placed& b) {
  return a.sequence == b.sequence && a.loaded == b.loaded && a.started == b.started && a.complete == b.complete
         && a.serving == b.serving && a.failed.message == b.failed.message && a.unplaced == b.unplaced
         && a.may_pass == b.may_pass;
}

std::uint32_t serving_of(const pool_report& report) {
  if (report.phase == pool_phase::draining || report.phase == pool_phase::failed)
    return 0;
  const auto& all = report.status.replicas;
  return static_cast<std::uint32_t>(
      std::count_if(all.begin(), all.end(), [](const auto& replica) { return replica.phase == replica_phase::serving; }));
}

} // namespace troupe
