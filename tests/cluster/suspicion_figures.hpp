#pragma once

#include "tests/cluster/sim_cluster.hpp"

namespace troupe {

/// How long after a node froze or crashed all others had it in these states, at the latest over all seeds.
struct detection_figures {
  std::chrono::nanoseconds suspect_max{};
  std::chrono::nanoseconds dead_max{};
  bool complete = true; ///< all noticed, every time
};

enum class sim_failure : std::uint8_t { frozen, crashed };

detection_figures measure_detection(sim_cluster_options options, sim_failure failure, std::uint64_t seeds);

/// What healthy nodes are held for on a network that loses messages.
struct false_alarm_figures {
  double node_hours = 0;
  std::uint64_t suspicions =
      0; ///< times that somebody began to suspect a node of its own accord or by hearsay, counted once an incarnation
  std::uint64_t deaths = 0; ///< the same for the dead
};

false_alarm_figures measure_false_alarms(const sim_cluster_options& options, std::chrono::nanoseconds duration);

struct scale_figures {
  double probes_per_second = 0; ///< that a node sends, in peace; mean
  double probes_per_second_max = 0;
  double bytes_per_second = 0;        ///< that a node sends, in peace; mean
  std::uint64_t bytes_of_a_death = 0; ///< what a node sends more than that in the 5 s after a crash; mean
  std::chrono::nanoseconds all_know_suspect{};
  std::chrono::nanoseconds all_know_dead{};
};

/// Of a cluster in which, after a while of peace, one node freezes.
scale_figures measure_scale(const sim_cluster_options& options);

} // namespace troupe
