#pragma once

#include "actors/environment.hpp"
#include "runtime/policy/evidence/best_arm.hpp"
#include "runtime/policy/evidence/step_evidence.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// Of one version, on all nodes.
struct version_replicas {
  std::uint32_t serving = 0;
  std::uint64_t memory_bytes = 0; ///< of one, on average, as nodes measure it; 0: not yet
};

struct rollout_options {
  const actor_environment& node;
  std::string deployment;
  version_number candidate = 0;
  version_number incumbent = 0;
  rollout_spec spec;
  rollout_listener told;
};

/// A judge's message to itself.
struct look_now {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::look_now)

namespace troupe {

using rollout_interface = rollout_actor::extend<caf::reacts_to<look_now>>;

/// Judges one rollout's candidate: once a second takes what all nodes counted since the look before, of candidate and incumbent in the same time, puts it to the
/// tests of runtime/policy/evidence, and tells its deployment what they say. Decides nothing.
///
///     waiting --a split is in force--> judging --another split--> judging     each split's evidence begins anew
///
/// A leader that comes back takes all at once that nodes counted under the split that goes on; only what requests cost is counted anew.
class rollout_state {
public:
  using self_pointer = rollout_interface::stateful_pointer<rollout_state>;
  using behavior_type = rollout_interface::behavior_type;

  explicit rollout_state(self_pointer self) : self_(self) {}

  behavior_type begin(rollout_options options);

  std::string name = "rollout"; ///< where CAF looks for it

private:
  /// A version on a node.
  using place = std::pair<std::string, version_number>;

  /// What each version did since the look before.
  using news_map = std::map<version_number, arm_counters>;
  /// A version that is compared with the incumbent.
  struct challenger {
    version_number version = 0;
    step_options tests; ///< of the candidate all, of the others those of errors and latencies
    step_state state{};
    arm_counters total{}; ///< under the split
  };

  const challenger& candidate() const { return challengers_.front(); }
  void on_split(const judge_split& split);
  void look();
  void on_traffic(const traffic_view& seen);
  /// What was done since the look before, under the split. Pools don't know of splits, so what they counted until the first look is left out.
  news_map take_news(const traffic_view& seen);
  void take_pools(const traffic_view& seen, news_map& news);
  void take_watches(const traffic_view& seen, news_map& news);
  void take_rewards(const news_map& news);
  rollout_seen seen_of(const traffic_view& seen) const;
  void judge_rewards(course_evidence& evidence) const;
  version_number version_of(std::size_t arm) const;
  /// Memory that wasn't measured on all nodes yet is of the others.
  static version_replicas replicas_of(const traffic_view& seen, version_number version);
  check_view judge_memory(const check_spec& check) const;
  check_view judge_bounded(const bounded_expression& check) const;
  /// Of the candidate; where another challenger is worse, that.
  std::vector<check_view> checks() const;
  std::vector<check_view> checks_of(const challenger& one) const;

  self_pointer self_;
  std::optional<rollout_options> options_;
  std::optional<judge_split> split_;    ///< that is judged
  bool fresh_ = false;                  ///< nothing that pools did was counted under it yet
  std::vector<challenger> challengers_; ///< the candidate, then the others of an A/B test
  arm_counters incumbent_total_;        ///< under the split
  best_arm_state rewards_;
  std::map<place, work_counters> known_work_; ///< at the look before, as the next
  std::map<place, arm_counters> known_watches_;
  version_replicas candidate_now_;
  version_replicas incumbent_now_;
  std::uint64_t copies_ = 0; ///< of the split, on all nodes
  std::uint64_t shed_ = 0;
};

rollout_state::behavior_type rollout(rollout_state::self_pointer self, rollout_options options);

} // namespace troupe
