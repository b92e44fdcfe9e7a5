#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/base/rollout_spec.hpp"
#include "runtime/policy/evidence/step_evidence.hpp"
#include "runtime/serving/answer_observer.hpp"
#include "runtime/serving/request.hpp"
#include "runtime/serving/traffic_split.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

namespace troupe {

/// What a node saw of a split's requests, since it had the split; without `work`, which pools count.
struct watch_counters {
  arm_counters candidate;
  arm_counters incumbent;
  std::vector<arm_counters> others; ///< of an A/B test, in the split's order
  std::uint64_t copies = 0;         ///< sent to the candidate
  std::uint64_t shed = 0;           ///< not sent, because the candidate had enough to do
};

/// Sees what the versions of a rollout answer through this node: whether, how soon, and with what, for the checks that look into answers; and takes in
/// rewards. Counts only; the leader judges. Thread-safe; on the path of a request there are relaxed atomics and no lock.
///
/// What is counted is what clients got: a request that was tried again elsewhere counts once. Requests that nobody could have answered (a wrong input, no
/// session) are left out, and of copies how long they took, and what found no room, which is no fault of the version.
class answer_watch : public std::enable_shared_from_this<answer_watch> {
public:
  /// Ids whose reward is known, so that one that comes twice counts once; the oldest are forgotten.
  static constexpr std::size_t rewarded_max = 100'000;
  /// Inputs of copies under way from this node, in bytes; beyond, copies are shed. One alone may be larger.
  static constexpr std::uint64_t copied_bytes_max = 64 << 20;

  /// `checks`: the spec's that look into answers. Outputs go by their names; one that a version doesn't have is never seen.
  /// `others`: versions that an A/B test has besides, into whose answers nobody looks. `time` outlives it.
  answer_watch(const clock& time, const std::vector<check_spec>& checks, const model_spec& incumbent, const model_spec& candidate,
               std::uint32_t others = 0);

  /// For requests of that arm.
  std::shared_ptr<answer_observer> observer_of(split_arm arm);
  /// Sees one answer, or what a request failed by.
  void note(split_arm arm, const inference_request& of, const std::vector<tensor_view>& outputs);
  void note_failure(split_arm arm, const inference_request& of, error_code why);
  /// Sees both answers to one request.
  void compare(const std::vector<tensor_view>& live, const std::vector<tensor_view>& copy);
  /// A reward, 0 to 1, of the request with that id, by its hash; false: it had one.
  bool reward(split_arm arm, std::uint64_t id, double value);

  /// Room for a copy of so many bytes, of which at most `most` may be under way: true, and one more is; false, and it is shed.
  bool begin_copy(std::uint32_t most, std::uint64_t bytes);
  void end_copy(std::uint64_t bytes);

  watch_counters read() const;

private:
  using counter = std::atomic<std::uint64_t>;

  /// What became of one arm's requests.
  struct outcomes {
    std::array<counter, latency_bucket_count> latency{}; ///< of answers but to copies
    counter copies{0};                                   ///< answered ones
    std::array<counter, error_code_count> failed_as{};
  };
  /// One check, and what it saw of one side.
  struct side_seen {
    std::vector<std::size_t> outputs; ///< indices of those that it looks at
    counter bad{0};
    counter looked_at{0};
    std::vector<counter> bins; ///< of drift
  };
  struct look {
    check_spec check;
    std::array<side_seen, 2> of;                            ///< by split_arm; disagreement counts at the candidate
    std::vector<std::pair<std::size_t, std::size_t>> pairs; ///< the same output of both versions: incumbent's, candidate's
  };
  class observer final : public answer_observer {
  public:
    observer(answer_watch& watch, split_arm arm) : watch_(watch), arm_(arm) {}
    void on_outputs(const inference_request& of, const std::vector<tensor_view>& outputs) override {
      watch_.note(arm_, of, outputs);
    }
    void on_error(const inference_request& of, error_code why) override { watch_.note_failure(arm_, of, why); }

  private:
    answer_watch& watch_;
    const split_arm arm_;
  };

  static std::unique_ptr<look> look_of(const check_spec& check, const model_spec& incumbent, const model_spec& candidate);
  static answer_counters read(const look& from, split_arm arm);
  arm_counters read(split_arm arm) const;
  void note(look& by, side_seen& seen, const std::vector<tensor_view>& outputs);

  const clock& time_;

  std::vector<std::unique_ptr<look>> looks_;
  std::deque<outcomes> outcomes_; ///< by split_arm, as the next
  std::deque<observer> observers_;
  counter draws_{0};
  counter copies_{0};
  counter shed_{0};
  std::atomic<std::uint32_t> under_way_{0};
  counter bytes_under_way_{0};
  mutable std::mutex mutex_;         ///< of what follows
  std::vector<reward_sums> rewards_; ///< by split_arm
  std::unordered_set<std::uint64_t> rewarded_;
  std::deque<std::uint64_t> rewarded_order_;
};

} // namespace troupe
