#pragma once

#include "actors/peer.hpp"
#include "runtime/policy/piece_window.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// Begin; answered once the artifact is here, or with why it can't be had.
struct bring {};
/// A fetch's message to itself: is the node that it takes from still there?
struct look_at_source {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::bring)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::look_at_source)

namespace troupe {

struct fetch_options {
  const actor_environment& node;
  std::string sha256;
  std::string hint;      ///< the node to ask first; "": the leader
  fetch_listener parent; ///< hears how far it has come
};

using fetch_interface =
    supervised_actor::extend<caf::replies_to<bring>::with<done>, caf::reacts_to<look_at_source>, caf::reacts_to<run_here>>;

/// Brings one artifact from other nodes into this node's store, once: asks one node after the other until one has it, and takes it from there in pieces. What has
/// come stays, for the next node or for another life of this one.
///
///     idle --bring--> looking --nodes told--> asking --it has so many bytes--> reserving --ticket--> taking --all are written--> verifying --> answers, (gone)
///                                              ^ |                                                     |                           |
///                        the next node -------+ +--it has none, or is silent                           |                           |
///                              +--------------------------------------it is lost-----------------------+--------another hash-------+
///                              no node is left, the disk is full: answers, (gone)
class fetch_state {
public:
  using self_pointer = fetch_interface::stateful_pointer<fetch_state>;
  using behavior_type = fetch_interface::behavior_type;

  static constexpr std::uint32_t piece_bytes = 1 << 20;
  /// Pieces that are asked for or being written at once.
  static constexpr std::size_t pieces_max = 4;
  /// Between looks at whether the node that it takes from is still there.
  static constexpr std::chrono::seconds look_interval{1};

  explicit fetch_state(self_pointer self) : self_(self) {}

  behavior_type begin(fetch_options options);

  std::string name = "fetch"; ///< where CAF looks for it

private:
  struct source {
    std::string node_id;
    std::string node_name;
    std::string address;
  };

  behavior_type doing(const char* what);

  // -- what is asked and what happens
  caf::result<done> on_bring();
  void on_nodes(const node_list& all);
  void on_size(const artifact_piece& about);
  void on_ticket(const upload_ticket& ticket);
  void on_piece(const byte_range& asked, const artifact_piece& came);
  void on_written(std::uint64_t bytes);
  void on_other_hash(const error& why);
  void on_look();

  // -- what is done
  void ask_next();
  void reserve();
  void take();
  /// Asks for, and writes, as much as may be under way.
  void go_on();
  void write(piece_window::piece bytes);
  void verify();
  /// Goes on with the next node.
  void give_up(const error& why);
  void finish();
  void fail(const error& why);
  /// Asks the node that is asked now. `told(const artifact_piece&)` hears the answer, unless it was given up meanwhile.
  template <class Told>
  void ask(byte_range range, Told told);
  void emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields);

  // -- what is seen
  std::deque<source> order_of(const node_list& all);
  error nobody() const;
  actor_status status(const char* state) const;

  self_pointer self_;
  std::optional<fetch_options> options_;
  steady_time since_{};
  caf::typed_response_promise<done> answer_;
  std::deque<source> left_;       ///< nodes that may be asked yet
  source now_;                    ///< the one that is asked
  std::uint64_t attempt_ = 0;     ///< with it; what comes of an earlier one is stale
  std::size_t open_ = 0;          ///< questions to it that have no answer yet
  bool gives_ = false;            ///< it has the artifact, as far as is known: pieces are asked of it
  std::set<std::string> givers_;  ///< of the bytes that are here; "": an earlier fetch
  std::vector<std::string> away_; ///< nodes that may have it and don't give it, and why
  std::uint64_t bytes_ = 0;       ///< that are written
  std::uint64_t total_bytes_ = 0;
  std::optional<upload_ticket> ticket_;
  std::optional<piece_window> window_;
};

fetch_state::behavior_type fetch(fetch_state::self_pointer self, fetch_options options);

} // namespace troupe
