#pragma once

#include "actors/deployment_records.hpp"
#include "actors/environment.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct deployment_options {
  const actor_environment& node;
  std::string name;
};

using deployment_interface =
    deployment_actor::extend<caf::reacts_to<retire_pool>, caf::reacts_to<rollout_happened>, caf::reacts_to<course_happened>,
                             caf::reacts_to<bake_over>, caf::reacts_to<try_again>>;

/// One deployment: the only writer of its records. What happens is put to `plan_rollout` (runtime/policy/rollout_plan.hpp, which draws a version's
/// life); what that says is stored first and done then, so that after a crash all goes on from there. Where its versions run is the placer's business: it tells
/// the placer what it needs, and hears how far each version has come.
///
///     loading --record read--> steady <--write answered-- saving     commands and news wait in the mailbox while a write is under way
///        |                       |  ---command or news--->  |
///        +--store silent--+      +--asked to stop--> (gone) +--removed--> removed --route dropped--> (gone, as it should)
///                         v
///                       (gone, a failure: restarted with backoff)
class deployment_state {
public:
  static constexpr std::uint32_t replicas_max = 256;
  /// A candidate that leaves copies unanswered for so many looks of its judge can't take over.
  static constexpr std::uint32_t unanswered_looks_max = 3;

  using self_pointer = deployment_interface::stateful_pointer<deployment_state>;
  using behavior_type = deployment_interface::behavior_type;

  explicit deployment_state(self_pointer self) : self_(self) {}

  behavior_type begin(deployment_options options);
  behavior_type loading();
  behavior_type steady();
  behavior_type saving();
  behavior_type removed();

  std::string name = "deployment"; ///< where CAF looks for it

private:
  /// A version that it needs somewhere.
  struct need {
    bool may_start = false; ///< else it is only loaded
    bool leaving = false;   ///< only until nothing is routed to it any more
    std::uint32_t replicas = 0;
    version_placed state{}; ///< as the placer told last
  };
  struct version_watch {
    version_number version = 0;
    std::size_t seen = 0;
    caf::typed_response_promise<version_progress> answer;
  };

  // -- what is asked
  caf::result<deployed> on_deploy(const deploy& ask);
  caf::result<deployed> on_rollback(const rollback& ask);
  caf::result<done> on_steer(const steer_rollout& ask);
  caf::result<done> on_scale(const scale& ask);
  caf::result<done> on_undeploy();
  caf::result<done> on_await(const await_version& ask);
  caf::result<version_progress> on_watch(const watch_version& ask);
  caf::result<deployment_view> on_get();

  // -- what happens
  void on_loaded(const stored_deployment& stored);
  void on_happened(const rollout_event& what);
  void on_placed(const version_placed& news);
  void on_retire_pool(version_number number);
  void on_seen(const rollout_seen& news);
  void on_course(const course_event& what);
  void count_unanswered(const rollout_figures& now);
  void on_bake_over(wall_time until);
  void on_try_again();

  // -- what is done
  /// Stores the change, then takes `after` over and calls `next` in the state `steady`. On failure calls `failed`. After what the store
  /// refused all goes on as it was, for what serves must not stop with the disk: whether it was written shows when the node starts again,
  /// and until then the store takes no other write. After any other failure quits: the next life reads what was written.
  void save(deployment_records after, state_change change, std::function<void()> next,
            std::function<void(const caf::error&)> failed);
  /// Stores what the plan says, does it, and then calls `next`.
  void carry_out(const rollout_plan& plan, deployment_records after, state_change change, std::function<void()> next,
                 std::function<void(const caf::error&)> failed);
  void take(const rollout_step& step);
  /// What has happened to the stages of the target. `next`, or `failed`, once that is stored or can't be.
  void go_on(const course_event& event, std::function<void()> next, std::function<void(const caf::error&)> failed);
  void take(const course_step& step);
  void begin_course();
  /// The rollout's actor is told which split is in force, on all nodes as far as is known.
  void tell_judge();
  /// If there is nothing to be judged any more.
  void end_judging();
  void tell(const rollout_plan& plan);
  /// How the rollout by stages of this version (0: of none) has ended, if it has.
  void tell_end(version_number staged);
  void happened(rollout_news what, version_number number, std::string reason = {});
  void finish_removal(caf::typed_response_promise<done> answer);
  void start_validation(version_number number);
  /// If it is this version's; its process dies with it.
  void stop_validation(version_number number);
  void start_pool(version_number number);
  void stop_pool(version_number number);
  void switch_route(version_number number);
  /// What each version needs by what is stored. One that is about to go keeps what it has.
  void count_replicas();
  /// Tells the placer what it needs, if that is something else than before.
  void tell_needs();
  void on_needs_met(const deployment_demand& told);
  void forget_needs();
  void tell_ready();
  void begin_bake();
  void settle();
  void settle_one(version_number number, std::vector<caf::typed_response_promise<done>>& waiting);
  void emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields);

  // -- what is seen
  const deployment_record& record() const { return stored_.deployment; }
  bool is_ready(version_number number) const;
  bool is_complete(version_number number) const;
  /// Why requests can't be answered while no version is routed.
  error absence() const;
  rollout_view view() const;
  /// Whether a version may take requests over so; invalid_argument, failed_precondition.
  result<void> check_rollout(const std::string& toml, const model_spec& model) const;
  /// What is known this moment of the target's stages.
  course_view course_now() const;
  /// Nothing: no rollout by stages is under way.
  std::optional<rollout_status> rollout_now() const;
  deployment_demand needs() const;
  actor_status status(const char* state) const;

  self_pointer self_;
  std::optional<deployment_options> options_;
  steady_time since_{};
  bool storing_failed_ = false;  ///< the last time, which was told of
  validator_actor validator_;    ///< the last one
  version_number validated_ = 0; ///< whom it validates
  deployment_records stored_;
  rollout_actor judge_; ///< of the target's stages; empty: there is nothing to be judged
  course_view seen_;    ///< by it, last
  rollout_figures figures_;
  std::uint32_t unanswered_looks_ = 0; ///< in a row, in which copies were due and the candidate answered nothing
  std::map<version_number, need> needs_;
  version_number route_ = 0;           ///< the version that requests shall go to; 0: none
  version_number routed_ = 0;          ///< the version that every node routes to, as far as is known
  deployment_demand told_;             ///< to the placer, last; sequence 0: nothing yet
  std::vector<rollout_event> put_off_; ///< what could not be stored; tried again
  std::map<version_number, std::vector<caf::typed_response_promise<done>>> awaiting_;
  std::vector<version_watch> watching_;
  std::vector<caf::typed_response_promise<ready>> awaiting_ready_;
};

deployment_state::behavior_type deployment(deployment_state::self_pointer self, deployment_options options);

} // namespace troupe
