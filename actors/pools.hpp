#pragma once

#include "actors/environment.hpp"
#include "actors/route_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// A pools actor's message to itself: time to report, though nothing may have changed.
struct report_now {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::report_now)

namespace troupe {

using pools_interface = pools_actor::extend<caf::reacts_to<report_now>>;

/// What this node runs. Of the assignments that it gets the newest counts, whole: pools that it names are started and told what is wanted of them, pools that it
/// doesn't name drain, and the routing table is made of its routes. In a cluster it is kept on disk, too, so that the node goes on with it after a restart though its
/// leader is away. It is done at once, and answered as taken once it is routed, and kept or refused by the disk: what serves must not wait for a full disk.
///
///     loading --what was kept last is told--> following --an assignment of the same or a higher epoch--> following     assignments wait in the mailbox while it loads
///
/// A pool's life within: (ordered) --child is up--> runs --not ordered, or ordered otherwise--> leaving --child is down--> (gone, or ordered anew)
class pools_state {
public:
  using self_pointer = pools_interface::stateful_pointer<pools_state>;
  using behavior_type = pools_interface::behavior_type;

  explicit pools_state(self_pointer self) : self_(self) {}

  behavior_type begin(const actor_environment& node);
  behavior_type loading();
  behavior_type following();

  std::string name = "pools"; ///< where CAF looks for it

private:
  using pool_key = std::string; ///< "digits@3", the id of the supervisor's child, too
  struct slot {
    pool_order order; ///< in force; of one that is leaving: what to start once it is down, if it is ordered again
    pool_actor pool;  ///< empty: it is being started, or is gone
    pool_report report;
    std::shared_ptr<troupe::pool> target;
    std::shared_ptr<std::atomic<std::uint32_t>> wanted; ///< as ordered, for a pool that is started again
    std::uint64_t memory_bytes = 0;                     ///< that its replicas used when they were measured last
    bool leaving = false;
    bool ordered_again = false; ///< while it leaves
  };

  /// Which assignment: its epoch and its revision.
  using mark = std::pair<std::uint64_t, std::uint64_t>;

  static pool_key key_of(const version_id& id) { return to_string(id); }
  static mark mark_of(const assignment& which) { return {which.by.epoch, which.revision}; }

  // -- what is asked and what happens
  void on_kept(const std::optional<assignment>& kept);
  caf::result<assignment_taken> on_assignment(const assignment& next);
  void on_pool_news(const pool_news& news);
  void on_pool_up(const child_up& up);
  void on_pool_down(const child_down& down);
  void on_pool_stopped(const pool_key& key);

  // -- what is done
  /// Makes it the one in force.
  void take(const assignment& next);
  /// Has the one in force kept, if it isn't.
  void keep();
  /// Answers who waits for the one in force, if it is routed, and kept or refused by the disk.
  void settle();
  void take_order(const pool_order& order);
  /// Hosts that only get copies have idle priority, and all others don't.
  void set_priorities();
  void start(const pool_key& key);
  void stop(const pool_key& key, slot& running);
  /// Tells the pool what it was ordered.
  void instruct(const slot& running);
  /// Makes the routing table anew.
  void publish();
  void be_ready();
  void report();
  /// What the processes of one pool use; the next one at the next call.
  void measure_next();

  // -- what is seen
  leadership followed() const;
  bool gets_only_copies(const version_id& id) const;
  slot* find(const pool_key& key);
  std::uint64_t next_sequence();
  node_report told();
  caf::result<actor_status> status(const char* state, std::chrono::nanoseconds patience);
  void complain(const char* event_name, const error& why);

  self_pointer self_;
  const actor_environment* node_ = nullptr;
  steady_time since_{};
  supervisor_actor supervisor_;
  assignment now_;              ///< in force; epoch 0: none yet
  mark kept_;                   ///< on disk
  std::optional<mark> keeping_; ///< being written there
  mark not_kept_;               ///< the disk refused it, the last time
  std::string not_kept_why_;    ///< why; "": the last one was kept
  mark routed_;                 ///< by which requests go
  std::vector<caf::typed_response_promise<assignment_taken>> awaiting_taken_;
  std::vector<caf::typed_response_promise<ready>> awaiting_ready_;
  std::optional<route_book> routes_;
  std::map<pool_key, slot> slots_;
  std::uint64_t last_report_ = 0; ///< its sequence
  pool_key measured_;             ///< last
  std::set<pid_t> idle_;          ///< hosts of idle priority
};

pools_state::behavior_type pools(pools_state::self_pointer self, const actor_environment& node);

} // namespace troupe
