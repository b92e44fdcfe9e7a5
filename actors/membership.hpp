#pragma once

#include "actors/environment.hpp"
#include "cluster/flap_limit.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

struct membership_options {
  const actor_environment& node; ///< has a network
  member_news self;              ///< its incarnation is chosen at each start
  std::vector<member_record> known;
  suspicion_options watching{};
  /// How busy this machine is. Called on the actor's thread.
  std::function<node_load()> own_load;
};

/// A membership actor's messages to itself.
struct look_around {};
struct measure_load {};
struct probe_told {
  std::string by;
  std::uint64_t sequence = 0;
  result<peer_answer> outcome;
};
struct help_told {
  std::string helper;
  std::uint64_t sequence = 0;
  result<peer_answer> outcome;
};
struct members_told {
  std::string by;
  result<peer_answer> outcome;
};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::look_around)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::measure_load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::probe_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::help_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::members_told)

namespace troupe {

using membership_interface =
    membership_actor::extend<caf::reacts_to<look_around>, caf::reacts_to<measure_load>, caf::reacts_to<probe_told>,
                             caf::reacts_to<help_told>, caf::reacts_to<members_told>>;

/// Which nodes there are, and which of them live: carries out what `suspicion` (cluster/suspicion.hpp, which draws a member's states) decides, and tells the
/// request's path (peer_board) and, on the leader, the placer.
///
/// Asked to leave, it says so to those that watch this node, and goes on answering.
///
///     watching
class membership_state {
public:
  using self_pointer = membership_interface::stateful_pointer<membership_state>;
  using behavior_type = membership_interface::behavior_type;

  /// Between measurements of this machine's load.
  static constexpr std::chrono::milliseconds load_interval{1000};
  /// So long a trouble is shown that comes and goes.
  static constexpr std::chrono::seconds trouble_shown_for{70};
  /// For what travels between nodes here; the policy has time-outs of its own, all shorter.
  static constexpr std::chrono::milliseconds patience{5000};

  explicit membership_state(self_pointer self) : self_(self) {}

  behavior_type begin(membership_options options);
  behavior_type watching();

  std::string name = "membership"; ///< where CAF looks for it

private:
  /// This node leaves: who is told of it, and hasn't answered.
  struct farewell {
    std::set<std::uint64_t> untold; ///< probes
    caf::typed_response_promise<done> answer;
  };
  using help_key = std::pair<std::string, std::uint64_t>;

  caf::result<probe_message> on_probe(const probe& asked);
  caf::result<help_answer> on_ask_help(const ask_help& asked);
  caf::result<exchange_members> on_exchange(const exchange_members& told);
  void on_member_changed(const member_changed& change);
  caf::result<done> on_leave();
  void end_farewell();
  void say_who_drains();
  bool leads() const;
  void on_probe_told(const probe_told& told);
  void on_probe_failed(const probe_told& told);
  /// The cluster turns this node away; said once.
  void on_refused(const std::string& why);
  void on_help_told(const help_told& told);
  void on_members_told(const members_told& told);
  void merge(const std::string& from, std::vector<member_news> members);
  void exchange_with(const std::string& other);
  void note_twin(const std::string& address);
  void note_contradiction();
  void catch_up();
  void forget_old_removals(const std::string& from, std::vector<member_news>& told) const;
  void on_load();

  /// Does what the policy wants, and looks again when it must. After each call of the policy. Returns the probes that it sent.
  std::set<std::uint64_t> carry_out();
  template <class Told>
  void ask(const std::string& node_id, peer_question what, Told told);
  /// Follows who leads in a higher epoch; says so, once each, of what it doesn't believe and of a second leader in its epoch.
  void hear_of_lead(const leadership& told);
  probe_message with_lead(probe_message message) const;
  void note(const member_change& change);
  void tell_board(const member& one);
  void tell_placer();
  /// Whether a node has told what it offers that hadn't when the placer was told last.
  bool knows_more() const;
  /// Whether it has been started since it was last told.
  bool placer_is_new() const;
  void emit(severity level, const char* event_name, const member& one, const std::string& why);

  node_list list() const;
  std::string trouble() const;
  std::string suspected_by_others() const;
  node_view view_of(const member& one);
  actor_status status() const;

  self_pointer self_;
  std::optional<membership_options> options_;
  steady_time since_{};
  std::optional<suspicion> policy_;
  std::optional<farewell> leave_;
  std::map<help_key, caf::typed_response_promise<help_answer>> helping_;
  std::map<std::string, peer_actor> peers_;     ///< of all other nodes
  std::map<std::string, bool> draining_;        ///< as the registrar told; of a leader
  std::map<std::string, std::uint64_t> epochs_; ///< that other nodes told last
  std::string twin_;                            ///< where a node with this one's id was heard of last
  steady_time twin_until_{};                    ///< told of until then
  flap_limit flaps_;
  steady_time suspected_until_{}; ///< others suspect this node again and again: told of until then
  std::set<std::string> silent_;  ///< of which the placer was told without what they offer
  caf::actor_addr told_;          ///< the placer that was told of the nodes last
  steady_time next_look_ = steady_time::max();
  leadership doubted_; ///< told of last, and not followed
};

membership_state::behavior_type membership(membership_state::self_pointer self, membership_options options);

} // namespace troupe
