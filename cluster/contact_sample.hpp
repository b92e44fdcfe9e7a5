#pragma once

#include "cluster/member.hpp"

namespace troupe {

/// Of the members that this node spoke to lately (those it watches, and helpers, which are chosen by chance): how many didn't answer? A node that is cut
/// off with a few others knows so by this sample long before all the members out of its reach are suspects.
class contact_sample {
public:
  /// Who doesn't answer within `patience` is mute; contacts older than `window` don't count.
  contact_sample(std::chrono::nanoseconds patience, std::chrono::nanoseconds window) : patience_(patience), window_(window) {}

  void on_tried(const node_id& id, steady_time now);
  void on_answered(const node_id& id);
  void forget(const node_id& id) { contacts_.erase(id); }
  void clear() { contacts_.clear(); }

  /// Whether more were mute than answered, this node counted among the latter.
  bool mostly_mute(steady_time now);
  /// Whether everybody who was tried still owes an answer.
  bool all_owe() const;

private:
  struct contact {
    steady_time last_try{};
    steady_time unanswered_since = steady_time::max(); ///< max: it has answered since it was last tried
  };

  std::chrono::nanoseconds patience_;
  std::chrono::nanoseconds window_;
  std::map<node_id, contact> contacts_;
};

} // namespace troupe
