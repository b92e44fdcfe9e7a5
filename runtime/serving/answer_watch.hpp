#pragma once

#include "runtime/base/model_spec.hpp"
#include "runtime/base/rollout_spec.hpp"
#include "runtime/policy/evidence/step_evidence.hpp"
#include "runtime/serving/answer_observer.hpp"
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

/// What a node saw of a split's requests, since it had the split.
struct watch_counters {
  struct arm {
    std::vector<answer_counters> answers; ///< of each check that looks into answers, in the spec's order
    reward_sums rewards;
  };
  arm candidate;
  arm incumbent;
  std::uint64_t copies = 0; ///< sent to the candidate
  std::uint64_t shed = 0;   ///< not sent, because the candidate had enough to do
};

/// Looks into what both versions of a rollout answer through this node, for the checks that need that, and takes in rewards. Counts only; the leader judges.
/// Thread-safe; on the path of a request there are relaxed atomics and no lock.
class answer_watch : public std::enable_shared_from_this<answer_watch> {
public:
  /// Ids whose reward is known, so that one that comes twice counts once; the oldest are forgotten.
  static constexpr std::size_t rewarded_max = 100'000;
  /// Inputs of copies under way from this node, in bytes; beyond, copies are shed. One alone may be larger.
  static constexpr std::uint64_t copied_bytes_max = 64 << 20;

  /// `checks`: the spec's that look into answers. Outputs go by their names; one that a version doesn't have is never seen.
  answer_watch(const std::vector<check_spec>& checks, const model_spec& incumbent, const model_spec& candidate);

  /// For requests of that side; null: no check looks into single answers.
  std::shared_ptr<answer_observer> observer_of(split_side side);
  /// Sees one answer.
  void note(split_side side, const std::vector<tensor_view>& outputs);
  /// Sees both answers to one request.
  void compare(const std::vector<tensor_view>& live, const std::vector<tensor_view>& copy);
  /// A reward, 0 to 1, of the request with that id, by its hash; false: it had one.
  bool reward(split_side side, std::uint64_t id, double value);

  /// Room for a copy of so many bytes, of which at most `most` may be under way: true, and one more is; false, and it is shed.
  bool begin_copy(std::uint32_t most, std::uint64_t bytes);
  void end_copy(std::uint64_t bytes);

  watch_counters read() const;

private:
  using counter = std::atomic<std::uint64_t>;

  /// One check, and what it saw of one side.
  struct side_seen {
    std::vector<std::size_t> outputs; ///< indices of those that it looks at
    counter bad{0};
    counter looked_at{0};
    std::vector<counter> bins; ///< of drift
  };
  struct look {
    check_spec check;
    std::array<side_seen, 2> of;                            ///< by split_side; disagreement counts at the candidate
    std::vector<std::pair<std::size_t, std::size_t>> pairs; ///< the same output of both versions: incumbent's, candidate's
  };
  class observer final : public answer_observer {
  public:
    observer(answer_watch& watch, split_side side) : watch_(watch), side_(side) {}
    void on_outputs(const std::vector<tensor_view>& outputs) override { watch_.note(side_, outputs); }
    void on_error(error_code) override {}

  private:
    answer_watch& watch_;
    const split_side side_;
  };

  static std::unique_ptr<look> look_of(const check_spec& check, const model_spec& incumbent, const model_spec& candidate);
  static answer_counters read(const look& from, split_side side);
  void note(look& by, side_seen& seen, const std::vector<tensor_view>& outputs);

  std::vector<std::unique_ptr<look>> looks_;
  bool sees_single_answers_ = false;
  observer incumbent_observer_{*this, split_side::incumbent};
  observer candidate_observer_{*this, split_side::candidate};
  counter draws_{0};
  counter copies_{0};
  counter shed_{0};
  std::atomic<std::uint32_t> under_way_{0};
  counter bytes_under_way_{0};
  mutable std::mutex mutex_; ///< of what follows
  std::array<reward_sums, 2> rewards_;
  std::unordered_set<std::uint64_t> rewarded_;
  std::deque<std::uint64_t> rewarded_order_;
};

} // namespace troupe
