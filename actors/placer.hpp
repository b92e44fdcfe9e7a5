#pragma once

#include "actors/environment.hpp"
#include "actors/placement_ledger.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// A placer's messages to itself.
struct gathered_enough {};
struct ask_users_again {};
struct ask_again {
  std::string node_id;
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::gathered_enough)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ask_users_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ask_again)

namespace troupe {

using placer_interface =
    placer_actor::extend<caf::reacts_to<gathered_enough>, caf::reacts_to<ask_again>, caf::reacts_to<ask_users_again>>;

/// Decides which node runs what: keeps what it is told in a `placement_ledger`, which plans, and sends each node its assignment. Keeps nothing on disk:
/// deployments tell it again what they need, nodes what they run.
///
///     gathering --the nodes are known, every deployment has told what it needs, and every node what it runs (or patience with it is over)--> placing
///
/// Nothing is sent while it gathers: a leader that comes back must not stop what runs.
///
/// A demand is answered once every node that can be reached goes by it. One that doesn't answer for `patience`, though it isn't suspect, counts as not reached: a
/// path that leads one way only must not hold up all others.
///
/// A pool that has to go while others stay leaves the routes first, and is stopped once no node that can be reached sends requests to it any longer.
class placer_state {
public:
  using self_pointer = placer_interface::stateful_pointer<placer_state>;
  using behavior_type = placer_interface::behavior_type;

  explicit placer_state(self_pointer self) : self_(self) {}

  behavior_type begin(const actor_environment& node);
  behavior_type gathering();
  behavior_type placing();

  std::string name = "placer"; ///< where CAF looks for it

private:
  using version_key = placement_ledger::version_key;
  /// What a node was sent.
  struct delivery {
    assignment what;         ///< what it shall do
    bool composed = false;   ///< `what` is of this life of the placer
    std::uint64_t acked = 0; ///< the revision that it has
    bool asked = false;      ///< its answer is due
    steady_time asked_at{};
    std::optional<steady_time> silent_since; ///< it hasn't taken anything that it was sent; nothing: it took the last
  };
  /// Goes on once the nodes that it waits for have come so far.
  struct waiter {
    std::map<std::string, std::uint64_t> revisions; ///< by node
    bool for_silent = false; ///< it waits for nodes that don't answer, too, as long as the placer has patience with them
    std::function<void()> go_on;
  };

  // -- while it gathers
  void gather_nodes(const nodes_changed& change);
  void gather_names(const retain_demands& ask);
  caf::result<done> gather_demand(const deployment_demand& demand);
  void gather_report(const node_report& report);
  void begin_if_gathered();

  // -- what is asked and what happens
  caf::result<done> on_demand(const deployment_demand& demand);
  caf::result<done> on_drop(const drop_demand& ask);
  void on_retain(const retain_demands& ask);
  void on_report(const node_report& report);
  void on_nodes(const nodes_changed& change);
  /// Of a registrar that was there first; one that comes later tells.
  void ask_users();
  void note_users(const user_list& all);
  void on_taken(const std::string& node_id, const assignment_taken& answer, std::uint64_t revision);
  void on_not_taken(const std::string& node_id);
  /// Whether it hasn't answered for longer than the placer has patience.
  bool is_mute(const delivery& sent) const;
  void step_down(const leadership& other);
  caf::result<placement_view> on_get(const get_placement& ask);

  // -- what is done
  /// Takes the report over; whether it has news.
  bool note(const node_report& report);
  /// Whether that is news.
  bool set_nodes(const nodes_changed& change);
  void replan();
  void compose_all();
  void compose(const std::string& id, delivery& sent, const std::vector<route_order>& routes);
  void send_to(const std::string& id, delivery& sent);
  caf::result<done> answer_when_known();
  void await_nodes(caf::typed_response_promise<done> answer);
  void await_nodes(bool for_silent, std::function<void()> go_on);
  /// Stops what has begun to leave since, once all go by the routes without it.
  void let_leavers_go(std::uint64_t from);
  void settle_waiters();
  void tell_deployments();
  void tell_shortfalls();
  /// Of what is about to stop because the state doesn't have it.
  void tell_beyond_needs();

  // -- what is seen
  bool is_replaced() const;
  bool is_gone(const std::string& id) const;
  actor_status status(const char* state) const;

  self_pointer self_;
  const actor_environment* node_ = nullptr;
  steady_time since_{};
  std::uint64_t first_revision_ = 0; ///< above those that its lives before gave
  bool nodes_known_ = false;         ///< the membership has told of them; else only this one is there
  placement_ledger ledger_;
  std::map<std::string, delivery> deliveries_; ///< by node, of each in the ledger
  std::vector<revocation> revoked_;
  std::map<version_key, placement_shortfall> shortfalls_; ///< that were told of
  std::map<version_key, version_placed> told_;            ///< to deployments, last
  std::vector<waiter> waiters_;
  std::optional<std::vector<std::string>> expected_;     ///< deployments that will tell what they need
  std::set<std::string> unheard_;                        ///< nodes whose first report is awaited
  std::vector<caf::typed_response_promise<done>> early_; ///< of demands that came while it gathered
};

placer_state::behavior_type placer(placer_state::self_pointer self, const actor_environment& node);

} // namespace troupe
