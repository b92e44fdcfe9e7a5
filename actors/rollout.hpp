#pragma once

#include "actors/environment.hpp"
#include "runtime/policy/evidence/step_evidence.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe {

/// Memory of one replica of either version, as nodes measure it. 0: not yet.
struct replica_memory {
  std::uint64_t candidate_bytes = 0;
  std::uint64_t incumbent_bytes = 0;
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
/// A leader that comes back has no evidence of the stage that goes on: it gathers it anew.
class rollout_state {
public:
  using self_pointer = rollout_interface::stateful_pointer<rollout_state>;
  using behavior_type = rollout_interface::behavior_type;

  explicit rollout_state(self_pointer self) : self_(self) {}

  behavior_type begin(rollout_options options);

  std::string name = "rollout"; ///< where CAF looks for it

private:
  enum class counted_by { pool, gateway };
  /// A version on a node, and who counts there.
  using place = std::tuple<std::string, counted_by, version_number>;

  void on_split(const judge_split& split);
  void look();
  void on_traffic(const traffic_view& seen);
  /// What was done since the look before, under the split. Pools don't know of splits, so at the first look theirs is left out.
  step_batch take_news(const traffic_view& seen);
  void take_pools(const traffic_view& seen, step_batch& batch);
  void take_watches(const traffic_view& seen, step_batch& batch);
  arm_counters& arm_of(step_batch& batch, version_number version) const;
  arm_counters news_at(const place& where, std::shared_ptr<const arm_counters> now);
  rollout_seen seen_of(const traffic_view& seen) const;
  void judge_rewards(course_evidence& evidence) const;
  void measure_memory(const traffic_view& seen);
  check_view judge_memory(const check_spec& check) const;
  std::vector<check_view> checks() const;

  self_pointer self_;
  std::optional<rollout_options> options_;
  step_options tests_;
  std::optional<judge_split> split_; ///< that is judged
  bool fresh_ = false;               ///< nothing that pools did was counted under it yet
  step_state state_;
  step_batch total_;                                           ///< under the split
  std::map<place, std::shared_ptr<const arm_counters>> known_; ///< at the look before
  replica_memory memory_;                                      ///< last
  std::uint64_t copies_ = 0;                                   ///< of the split, on all nodes
  std::uint64_t shed_ = 0;
};

rollout_state::behavior_type rollout(rollout_state::self_pointer self, rollout_options options);

} // namespace troupe
