#pragma once

#include "actors/environment.hpp"
#include "runtime/base/model_spec.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct pool_options {
  const actor_environment& node;
  pool_owner owner;
  version_id id;
  model_spec spec;
  std::string artifact_sha256;
  std::string golden_sha256; ///< "": there is none
  std::uint32_t wanted;
  bool proven; ///< the version has served in an earlier life: failed starts don't make the pool give up
};

using pool_interface =
    pool_actor::extend<caf::reacts_to<look_drained>, caf::reacts_to<try_again>, caf::reacts_to<fetch_progress>>;

/// The replicas of one version on this node: has the version's files fetched and the version loaded in a template, keeps as many replicas as are wanted, and owns the
/// queue (`runtime/serving/pool.hpp`) that requests wait in.
///
///     fetching --files are open--> loading --template_up--> loaded --proceed--> serving --asked to stop--> draining --nothing waits or runs--> (gone, as it should)
///      ^  |                         |                        |                   |
///      |  +--they can't be had:     +--template_failed-->    |                   |
///      |     again, later              again, later; or, if the model is at fault: tells its deployment, (gone, as it should)
///      +---------------------------template_exited-----------+-------------------+   replicas live on; once the new template is up, they are replaced one by one
///
/// Once told to proceed it need not be told again.
class pool_state {
public:
  using self_pointer = pool_interface::stateful_pointer<pool_state>;
  using behavior_type = pool_interface::behavior_type;

  /// Tries in a row at which replicas fail to start before the version has ever served; then it is given up.
  static constexpr std::uint32_t first_starts_max = 5;

  explicit pool_state(self_pointer self) : self_(self) {}
  ~pool_state();
  pool_state(const pool_state&) = delete;
  pool_state& operator=(const pool_state&) = delete;

  behavior_type begin(pool_options options);
  behavior_type fetching();
  behavior_type loading();
  behavior_type loaded();
  behavior_type serving();
  behavior_type draining();

  std::string name = "pool"; ///< where CAF looks for it

private:
  // -- what happens
  void on_set_replicas(std::uint32_t wanted);
  void on_replica_changed(const replica_info& info);
  void on_template_up(const template_up& up);
  void on_template_failed(const template_failed& failed);
  void on_template_exited(const template_exited& exited);
  void on_replica_started(std::uint64_t number);
  void on_replica_not_started(std::uint64_t number, const error& why);
  void on_exit_asked(const caf::exit_msg& exit);

  // -- what is done
  void open_files();
  void open_golden();
  void open_model();
  void load();
  void try_later();
  void fork_for(const host_listener& from);
  void proceed_now();
  void adjust();
  void start_replica();
  void stop_replica(std::uint64_t number);
  /// Stops one replica, of those from a lost template first.
  void stop_one();
  /// No replica of this number any more; false if there was none.
  bool forget(std::uint64_t number);
  void replace_next();
  /// Tells its owner what has changed, once what changes it is done.
  void tell();
  void on_no_artifact(const error& why);
  void give_up(const error& why);
  void quit_when_quiet();

  // -- what is seen
  /// Replicas in one of these phases.
  std::uint32_t count_in(std::initializer_list<replica_phase> phases) const;
  std::uint32_t serving_count() const { return count_in({replica_phase::serving}); }
  pool_phase phase() const;
  pool_report report() const;
  caf::result<actor_status> status(const char* state, std::chrono::nanoseconds patience);
  void emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields);

  self_pointer self_;
  std::optional<pool_options> options_;
  steady_time since_{};
  std::shared_ptr<pool> target_;
  supervisor_actor replicas_supervisor_;
  fetch_progress fetched_;      ///< while files come from another node
  std::string not_fetched_why_; ///< the last time; "": it was fetched
  std::shared_ptr<unique_fd> model_;
  std::shared_ptr<const golden_set> golden_;
  std::unique_ptr<load_handle> load_;
  std::uint64_t attempt_ = 0; ///< of loading; news of an earlier one is stale
  std::shared_ptr<version_template> template_;
  std::vector<host_listener> waiting_for_host_;
  std::map<std::uint64_t, replica_info> replicas_; ///< that exist or are being started
  std::uint64_t last_replica_ = 0;
  std::uint64_t last_host_ = 0;
  std::deque<std::uint64_t> to_replace_; ///< forked from a template that is gone
  std::uint64_t replacement_ = 0;        ///< the replica that is starting in place of to_replace_.front(); 0: none
  std::uint32_t failures_in_a_row_ = 0;
  bool may_proceed_ = false;     ///< it was told to start replicas
  bool retry_is_due_ = false;    ///< a try_again is under way
  bool started_ = false;         ///< all wanted replicas had hosts once
  bool has_served_ = false;      ///< in this life or an earlier one
  std::optional<error> gave_up_; ///< why
  steady_time drain_until_{};
};

pool_state::behavior_type pool_keeper(pool_state::self_pointer self, pool_options options);

} // namespace troupe
