#pragma once

#include "cluster/gossip_queue.hpp"
#include "cluster/member.hpp"

#include <array>
#include <optional>

namespace troupe {

/// A member's state has changed in this node's eyes.
struct member_change {
  node_id id;
  std::optional<member_state> from; ///< nothing: it was unknown
  member_state to = member_state::alive;
  std::string why; ///< for people
};

/// All members that a node knows, itself and the removed ones included, and which of them it still has to tell others about. States only move forward
/// (`supersedes`), but for the node's own.
class member_table {
public:
  member_table(member_news self, steady_time now);

  const member& self() const { return *self_; }
  /// Null: unknown.
  const member* find(const node_id& id) const;
  const std::map<node_id, member>& all() const { return members_; }
  std::size_t count(member_state state) const { return counts_[static_cast<std::size_t>(state)]; }

  /// Takes news of another member if they supersede what is known; false if not. Newer load is taken in any case. `spread`: others may not know.
  bool adopt(const member_news& news, const std::string& why, steady_time now, bool spread = true);
  /// This node's own verdict on another member, at the incarnation known; false if the state isn't a later one.
  bool judge(const node_id& id, member_state state, const std::string& why, steady_time now, bool spread = true);
  /// Others may not know what is known of this member.
  void spread(const node_id& id) { queue_.add(id); }
  /// What this node says of itself from now on; `incarnation` is at least the one before.
  void set_self(member_news news, const std::string& why, steady_time now);
  void set_own_load(const node_load& load);
  void add_round_trip(const node_id& id, std::chrono::nanoseconds sample);

  /// What to tell now (see gossip_queue).
  std::vector<const member_news*> news(std::size_t count);
  /// Equal in two nodes that know the same members in the same states and incarnations.
  std::uint64_t digest() const { return digest_; }
  /// What has changed since the last call, in order.
  std::vector<member_change> take_changes();

private:
  void put(member& one, const member_news& news, const std::string& why, steady_time now, bool is_new);

  std::map<node_id, member> members_;
  member* self_;
  std::array<std::size_t, 5> counts_{};
  std::uint64_t digest_ = 0;
  gossip_queue queue_;
  std::vector<member_change> changes_;
};

} // namespace troupe
