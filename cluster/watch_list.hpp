#pragma once

#include "cluster/member.hpp"
#include "cluster/self_doubt.hpp"
#include "cluster/suspicion_options.hpp"
#include "runtime/base/rng.hpp"

#include <map>
#include <optional>
#include <vector>

namespace troupe {

enum class probe_purpose : std::uint8_t {
  watch,  ///< it is ours to watch
  tell,   ///< it shall hear what is said of it, or is perhaps back from the dead
  favour, ///< somebody who doesn't reach it has asked us to try
};

/// What came of being asked to probe another member.
enum class help_outcome : std::uint8_t {
  reached,
  not_reached,
  not_tried, ///< the helper itself wasn't reached, or has too much to do
};

/// Whoever asked for a favour gets this; `sequence` is theirs.
struct help_reply {
  node_id asker;
  std::uint64_t sequence = 0;
  help_outcome outcome = help_outcome::not_tried;
};

/// One probe and what follows.
///
///     direct --no answer in time, or no connection--> indirect --nobody reached it, or time is up--> over (a late answer still counts)
///        |                                               |
///        +--------------answer: forgotten----------------+
struct probe_round {
  enum class phase : std::uint8_t { direct, indirect, over };

  node_id target;
  probe_purpose purpose = probe_purpose::watch;
  steady_time sent{};
  phase at = phase::direct;
  steady_time phase_since{};
  std::size_t asked = 0;  ///< helpers
  std::size_t denied = 0; ///< helpers that didn't reach it either
  std::size_t untried = 0;
  node_id asker; ///< of a favour
  std::uint64_t asker_sequence = 0;
};

/// A round in need of helpers (`ask`).
struct unanswered_probe {
  std::uint64_t sequence = 0;
  node_id target;
};

/// What the watch list has found since it was last asked.
struct watch_findings {
  std::vector<unanswered_probe> unanswered;
  std::vector<node_id> silent; ///< to be suspected: so many rounds in a row have failed; told again with each further one
  std::vector<help_reply> replies;
};

/// Whom this node probes, and what it has seen with its own eyes. A round in which most of the helpers say nothing at all speaks against this node,
/// not against the member: it raises the doubt, and counts only when that can't rise further or nothing was heard of the member for `dead_after`.
class watch_list {
public:
  watch_list(const suspicion_options& options, rng random) : options_(options), random_(random) {}

  /// Whom to watch from now on. Who is new has a fresh start, who isn't named is forgotten.
  void retarget(const std::vector<node_id>& targets, steady_time now);
  /// It gave a sign of life through others: what was held against it no longer counts.
  void absolve(const node_id& target, steady_time now);
  /// This node was away: all rounds are forgotten, and everybody has a fresh start.
  void start_over(steady_time now);

  /// Those whose next probe is due; the one after is an interval later.
  std::vector<node_id> due(steady_time now);
  /// A probe goes out; its sequence number.
  std::uint64_t begin(const node_id& target, probe_purpose purpose, steady_time now);
  /// The same as a favour. Nothing: too many are under way.
  std::optional<std::uint64_t> begin_favour(const node_id& target, const node_id& asker, std::uint64_t asker_sequence,
                                            steady_time now);
  /// So many helpers were asked.
  void ask(std::uint64_t sequence, std::size_t helpers);

  /// The round that was answered; nothing if it is long forgotten.
  std::optional<probe_round> on_answer(std::uint64_t sequence, steady_time now);
  /// The probe didn't get there.
  void on_failed(std::uint64_t sequence, steady_time now);
  void on_help(std::uint64_t sequence, help_outcome outcome, steady_time now);
  /// Others suspected this node.
  void on_accused(steady_time now) { doubt_.raise(now); }
  void on_tick(steady_time now);

  watch_findings take_findings();
  /// When `on_tick` or `due` has something to do. Far in the future: never.
  steady_time wakes_at() const;
  /// When `target` is to be declared dead if it stays silent. Nothing: not by this node, which doesn't watch it.
  std::optional<steady_time> dead_at(const node_id& target) const;
  std::vector<node_id> targets() const;
  const self_doubt& doubt() const { return doubt_; }

private:
  struct watch {
    steady_time sign{}; ///< when the last probe that was answered was sent; or the start
    steady_time next_probe{};
    std::size_t failed = 0; ///< rounds in a row
  };

  steady_time deadline(const probe_round& round) const;
  void see_sign(const node_id& target, steady_time when);
  void leave_direct(std::uint64_t sequence, probe_round& round, steady_time now);
  void fail(probe_round& round, steady_time now);
  steady_time some_time_within_an_interval(steady_time now);

  suspicion_options options_;
  rng random_;
  self_doubt doubt_;
  std::map<node_id, watch> watches_;
  std::map<std::uint64_t, probe_round> rounds_; ///< by sequence number, which is the order of sending
  std::uint64_t last_sequence_ = 0;
  std::size_t favours_ = 0;
  watch_findings findings_;
};

} // namespace troupe
