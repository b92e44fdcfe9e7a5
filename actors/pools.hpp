#pragma once

#include "actors/environment.hpp"
#include "actors/route_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

/// A pools actor's message to itself: time to report, though nothing may have changed.
struct report_now {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::report_now)

namespace troupe {

using pools_interface = pools_actor::extend<caf::reacts_to<report_now>>;

/// What this node runs. Of the assignments that it gets the newest counts, whole: pools that it names are started and told what is wanted of them, pools that it
/// doesn't name drain, and the routing table is made of its routes.
///
///     following --an assignment of the same or a higher epoch--> following
///
/// A pool's life within: (ordered) --child is up--> runs --not ordered, or ordered otherwise--> leaving --child is down--> (gone, or ordered anew)
class pools_state {
public:
  using self_pointer = pools_interface::stateful_pointer<pools_state>;
  using behavior_type = pools_interface::behavior_type;

  explicit pools_state(self_pointer self) : self_(self) {}

  behavior_type begin(const actor_environment& node);
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

  static pool_key key_of(const version_id& id) { return to_string(id); }

  // -- what is asked and what happens
  caf::result<assignment_taken> on_assignment(const assignment& next);
  void on_pool_news(const pool_news& news);
  void on_pool_up(const child_up& up);
  void on_pool_down(const child_down& down);
  void on_pool_stopped(const pool_key& key);

  // -- what is done
  void take_order(const pool_order& order);
  void start(const pool_key& key);
  void stop(const pool_key& key, slot& running);
  /// Tells the pool what it was ordered.
  void instruct(const slot& running);
  /// Makes the routing table anew; `then` is called once requests go by it.
  void publish(std::function<void()> then = [] {});
  void report();
  /// What the processes of one pool use; the next one at the next call.
  void measure_next();

  // -- what is seen
  leadership followed() const;
  slot* find(const pool_key& key);
  node_report told();
  caf::result<actor_status> status(std::chrono::nanoseconds patience);

  self_pointer self_;
  const actor_environment* node_ = nullptr;
  steady_time since_{};
  supervisor_actor supervisor_;
  assignment now_; ///< in force; epoch 0: none yet
  std::optional<route_book> routes_;
  std::map<pool_key, slot> slots_;
  std::uint64_t last_report_ = 0;
  pool_key measured_; ///< last
};

pools_state::behavior_type pools(pools_state::self_pointer self, const actor_environment& node);

} // namespace troupe
