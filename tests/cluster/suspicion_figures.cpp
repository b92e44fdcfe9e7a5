#include "tests/cluster/suspicion_figures.hpp"

#include <algorithm>
#include <set>

namespace troupe {

using namespace std::chrono_literals;

namespace {

std::vector<std::size_t> all_of(const sim_cluster& cluster, std::size_t but) {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < cluster.size(); ++i)
    if (i != but)
      others.push_back(i);
  return others;
}

} // namespace

detection_figures measure_detection(sim_cluster_options options, sim_failure failure, std::uint64_t seeds) {
  detection_figures figures;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    options.seed = seed;
    sim_cluster cluster(options);
    rng random(seed);
    cluster.run_for(2s + std::chrono::nanoseconds(random.below(1'000'000'000)));
    auto victim = random.below(cluster.size());
    auto failed_at = cluster.now();
    cluster.on_change = [&](std::size_t, const member_change& change) {
      if (change.id != cluster.id(victim))
        return;
      auto& latest = change.to == member_state::dead ? figures.dead_max : figures.suspect_max;
      latest = std::max(latest, std::chrono::nanoseconds(cluster.now() - failed_at));
    };
    failure == sim_failure::frozen ? cluster.freeze(victim) : cluster.crash(victim);
    cluster.run_for(10s);
    figures.complete = figures.complete && cluster.all_see(all_of(cluster, victim), victim, member_state::dead);
  }
  return figures;
}

false_alarm_figures measure_false_alarms(const sim_cluster_options& options, std::chrono::nanoseconds duration) {
  false_alarm_figures figures;
  sim_cluster cluster(options);
  std::set<std::pair<node_id, std::uint64_t>> suspected, dead;
  cluster.on_change = [&](std::size_t observer, const member_change& change) {
    auto incarnation = cluster[observer].find(change.id)->news.incarnation;
    if (change.to == member_state::suspect)
      suspected.insert({change.id, incarnation});
    if (change.to == member_state::dead)
      dead.insert({change.id, incarnation});
  };
  cluster.run_for(duration);
  figures.node_hours = std::chrono::duration<double, std::ratio<3600>>(duration).count() * static_cast<double>(options.nodes);
  figures.suspicions = suspected.size();
  figures.deaths = dead.size();
  return figures;
}

scale_figures measure_scale(const sim_cluster_options& options) {
  constexpr auto peace = 4s, war = 5s;
  sim_cluster cluster(options);
  cluster.run_for(1s);
  auto total = [&] {
    sim_traffic sum;
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      sum.probes += cluster.traffic(i).probes;
      sum.bytes += cluster.traffic(i).bytes;
    }
    return sum;
  };
  std::vector<std::uint64_t> probes_before;
  for (std::size_t i = 0; i < cluster.size(); ++i)
    probes_before.push_back(cluster.traffic(i).probes);
  auto before = total();
  cluster.run_for(peace);
  auto after = total();

  scale_figures figures;
  auto node_seconds = static_cast<double>(cluster.size()) * std::chrono::duration<double>(peace).count();
  figures.probes_per_second = static_cast<double>(after.probes - before.probes) / node_seconds;
  figures.bytes_per_second = static_cast<double>(after.bytes - before.bytes) / node_seconds;
  for (std::size_t i = 0; i < cluster.size(); ++i)
    figures.probes_per_second_max =
        std::max(figures.probes_per_second_max, static_cast<double>(cluster.traffic(i).probes - probes_before[i])
                                                    / std::chrono::duration<double>(peace).count());

  auto failed_at = cluster.now();
  cluster.on_change = [&](std::size_t, const member_change& change) {
    auto& latest = change.to == member_state::dead ? figures.all_know_dead : figures.all_know_suspect;
    latest = cluster.now() - failed_at;
  };
  cluster.freeze(0);
  cluster.run_for(war);
  auto others = all_of(cluster, 0);
  if (!cluster.all_see(others, 0, member_state::dead))
    figures.all_know_dead = std::chrono::nanoseconds::max();
  auto in_peace = figures.bytes_per_second * std::chrono::duration<double>(war).count();
  auto sent = static_cast<double>(total().bytes - after.bytes) / static_cast<double>(cluster.size());
  figures.bytes_of_a_death = static_cast<std::uint64_t>(std::max(0.0, sent - in_peace));
  return figures;
}

} // namespace troupe
