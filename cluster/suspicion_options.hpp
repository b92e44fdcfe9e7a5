#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// How a node watches others. The defaults are for machines of one network: a failure is suspected within a second and believed after three.
struct suspicion_options {
  std::size_t rings = 3;                                                    ///< how many watch each member; at most 8
  std::chrono::nanoseconds probe_interval = std::chrono::milliseconds(200); ///< between two probes of a watched member
  double probe_jitter = 0.1; ///< each interval is longer or shorter by up to this share
  std::chrono::nanoseconds probe_timeout = std::chrono::milliseconds(200);    ///< then others are asked to try
  std::chrono::nanoseconds indirect_timeout = std::chrono::milliseconds(300); ///< from then on; then the round has failed
  std::size_t helpers = 3;                                                    ///< how many others are asked
  std::size_t rounds_to_suspect = 2; ///< failed rounds in a row; rounds begin every interval and so overlap
  std::chrono::nanoseconds dead_after = std::chrono::seconds(3);      ///< since the last sign of life
  std::chrono::nanoseconds revive_interval = std::chrono::seconds(5); ///< one of the dead members is probed so often
  std::chrono::nanoseconds objection_time =
      std::chrono::seconds(1); ///< how long a member that we find alive has to contradict its death
  std::chrono::nanoseconds brake_window = std::chrono::seconds(10); ///< deaths within it count as one event
  std::chrono::nanoseconds disagreement_patience =
      std::chrono::seconds(5);      ///< then a member with another picture is told everything
  std::size_t news_max = 16;        ///< in a probe or answer, besides those of the two who talk
  std::size_t accusations_max = 32; ///< contradictions waited for at once; of the others we'll hear again
};

} // namespace troupe
