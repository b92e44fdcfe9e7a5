#pragma once

#include "cluster/contact_sample.hpp"
#include "cluster/mass_failure_brake.hpp"
#include "cluster/member_table.hpp"
#include "cluster/watch_list.hpp"
#include "runtime/base/cluster_records.hpp"

#include <set>

namespace troupe {

/// What travels in a probe, and in the answer to it.
struct probe_message {
  std::vector<member_news> news; ///< the sender's own first
  std::uint64_t digest = 0;      ///< of all that the sender knows
  leadership lead{}; ///< whom the sender follows. Put in and taken out by whoever carries the message; the policy doesn't read it
};

struct probe_order {
  node_id to;
  std::uint64_t sequence = 0;
  probe_message message;
};

struct help_order {
  node_id helper;
  node_id target;
  std::uint64_t sequence = 0;
};

/// What a node has to do now, in any order.
struct suspicion_plan {
  std::vector<probe_order> probes; ///< told of by `on_answer` or `on_failed`
  std::vector<help_order> asks;    ///< "do you reach `target`?", told of by `on_help_answer`
  std::vector<help_reply> replies; ///< to those who asked this node
  std::vector<node_id> exchanges;  ///< send `everything()` there, and `merge` theirs
  bool contradicted = false;       ///< this node was suspected, or taken for dead, and says otherwise
  std::string twin{};              ///< another node says it is this one, from there; "": none does
  std::vector<member_change> changes;
};

/// Who is in the cluster and who is well, as one node sees it: whom to probe, whom to suspect, whom to declare dead, what to pass on. Pure: time and
/// chance are passed in, messages go out by `take()`. Everybody runs one; nobody is in charge.
///
///     probes of `rings` others every interval (probe_rings) --> two failed rounds, helpers included (watch_list) --> suspect
///     suspect and silent for `dead_after` --> dead, later if we doubt ourselves (self_doubt), not while too many are gone at once
///         (mass_failure_brake) or out of our reach (contact_sample)
///     all that is new rides on probes and answers (gossip_queue); who hears that it is suspected contradicts with a higher incarnation
///
/// Call `tick` no later than `wakes_at`, which may come nearer with any call, and `take` after each call. Times must not go back. One thread.
class suspicion {
public:
  /// `self.incarnation` must be higher than in any life before (from the wall clock, say).
  suspicion(member_news self, const suspicion_options& options, rng random, steady_time now);

  void tick(steady_time now);
  steady_time wakes_at() const;
  suspicion_plan take();

  /// The answer goes back at once. `from` is who the connection says it is.
  probe_message on_probe(const node_id& from, const probe_message& message, steady_time now);
  void on_answer(std::uint64_t sequence, const probe_message& answer, steady_time now);
  /// Connection refused or broken: no need to wait for the time-out.
  void on_failed(std::uint64_t sequence, steady_time now);
  /// `asker` doesn't reach `target`: this node tries, and replies by the plan.
  void on_help_asked(const node_id& asker, std::uint64_t sequence, const node_id& target, steady_time now);
  void on_help_answer(std::uint64_t sequence, const node_id& helper, help_outcome outcome, steady_time now);

  /// The leader says that this member has come, or is back, with this incarnation. False: its id was removed and never comes back.
  bool admit(const member_news& news, steady_time now);
  /// The leader says that it is out for good.
  void remove(const node_id& id, steady_time now);
  /// This node goes: it tells those it watches, watches nobody any more, and says so to whoever asks.
  void leave(steady_time now);
  /// This node is called otherwise from now on.
  void rename(const std::string& name, steady_time now);
  /// The leader says whether this member is to be emptied: others and the member itself hear of it as news.
  void set_draining(const node_id& id, bool draining, steady_time now);
  /// Travels with this node's next messages. The revision is counted here.
  void set_own_load(const node_load& load) { table_.set_own_load(load); }

  /// For a node that knows little, or that was long out of reach.
  std::vector<member_news> everything() const;
  /// What another node's `everything` said. Who is well in our eyes and not in theirs is told so, and has `objection_time` to contradict.
  void merge(const std::vector<member_news>& news, steady_time now);

  const member& self() const { return table_.self(); }
  /// Null: unknown.
  const member* find(const node_id& id) const { return table_.find(id); }
  /// All, the dead, left and removed ones and this node included.
  const std::map<node_id, member>& members() const { return table_.all(); }
  /// More than half are gone or out of reach: nobody is declared dead.
  bool holding() const { return brake_.holding(); }
  std::uint32_t doubt() const { return watches_.doubt().score(); }
  std::vector<node_id> watched() const { return watches_.targets(); }
  std::uint64_t digest() const { return table_.digest(); }

private:
  /// A member that we find alive is said to be dead, or suspect.
  struct accusation {
    member_news news;
    steady_time until{}; ///< then it is believed
  };
  enum class source : std::uint8_t {
    gossip,
    exchange,
    first_exchange, ///< the others know it all
  };

  // what is heard: suspicion_hearing.cpp
  void hear(const node_id& from, const probe_message& message, steady_time now);
  void hear_of(const member_news& news, source told, steady_time now);
  void hear_of_self(const member_news& news, steady_time now);
  void accuse(const member_news& news, steady_time now);
  void compare_digests(const node_id& from, std::uint64_t theirs, steady_time now);
  probe_message message_to(const node_id& to, const member_news* accusation = nullptr);

  // what is done: suspicion.cpp
  void notice_time(steady_time now);
  void start_over(steady_time now);
  void settle(steady_time now);
  void suspect(const node_id& id, steady_time now);
  void note(member_change change, steady_time now);
  void ask_helpers(const unanswered_probe& probe, steady_time now);
  void send_probe(const node_id& to, probe_purpose purpose, steady_time now);
  void choose_watched(steady_time now);
  void believe_accusations(steady_time now);
  void declare_dead(steady_time now);
  void send_probes(steady_time now);
  void revive_one(steady_time now);

  suspicion_options options_;
  rng random_;
  member_table table_;
  watch_list watches_;
  contact_sample contacts_;
  mass_failure_brake brake_;
  std::map<node_id, accusation> accusations_;
  std::set<node_id> untold_;                     ///< suspected by this node while it couldn't be sure of itself
  std::map<node_id, steady_time> disagreements_; ///< since when a neighbour's digest is not ours
  steady_time last_call_{};
  steady_time last_tick_{};
  steady_time next_revival_{};
  steady_time next_exchange_{};
  node_id last_revived_;
  bool members_changed_ = true;
  suspicion_plan plan_;
};

} // namespace troupe
