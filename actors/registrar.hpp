#pragma once

#include "actors/environment.hpp"
#include "cluster/authority.hpp"
#include "storage/cluster_store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

struct registrar_options {
  static constexpr std::chrono::hours default_user_lifetime{90 * 24};

  const clock& time;
  event_sink& events;
  cluster_store& records; ///< outlives the actor system
  std::string node_id;    ///< of this node
  std::chrono::nanoseconds node_certificate_lifetime = std::chrono::hours(24);
  std::chrono::nanoseconds user_certificate_lifetime = default_user_lifetime;
  const directory* actors = nullptr; ///< null: nobody is told of members
};

/// Lets nodes and users into the cluster and puts nodes out; holds the cluster's authority. It runs on the leader alone. It blocks on the disk, so a node
/// spawns it detached.
///
///     leading          where the store says that this node leads
///     refusing         elsewhere: it never gets ready, and names the leader
class registrar_state {
public:
  using self_pointer = registrar_actor::stateful_pointer<registrar_state>;

  static constexpr std::size_t tokens_max = 1000;
  static constexpr std::uint32_t token_uses_max = 1000;
  static constexpr std::chrono::hours token_lifetime_max{30 * 24};
  /// What has become of a token can be asked for so long after its end.
  static constexpr std::chrono::hours token_kept_for{24};
  /// Anybody who reaches the port can be refused: more in a minute are no events.
  static constexpr std::uint32_t refusals_told_max = 60;
  static constexpr std::size_t users_max = 10'000;
  /// A user whose certificates have ended is listed so long.
  static constexpr std::chrono::hours user_kept_for{24};

  registrar_actor::behavior_type begin(registrar_options options);
  registrar_actor::behavior_type leading();
  registrar_actor::behavior_type refusing();

  std::string name = "registrar"; ///< where CAF looks for it

private:
  using event_fields = std::vector<std::pair<std::string, std::string>>;

  /// The authority, if this node leads.
  result<authority> load_authority();
  caf::result<token_made> on_create(const create_token& ask);
  caf::result<token_list> on_list_tokens();
  caf::result<done> on_revoke(const revoke_token& ask);
  caf::result<user_list> on_list_users();
  caf::result<done> on_revoke_user(const revoke_user& ask);
  caf::result<enrolled> on_enrol(const enrol& ask);
  caf::result<enrolled> let_in(const join_accepted& decided, const std::vector<member_record>& members);
  caf::result<user_enrolled> on_enrol_user(const enrol_user& ask);
  /// The user's record, taken out of those that are known, with another certificate.
  user_record with_certificate(const user_request& who, const token_record& by, std::vector<user_record>& known) const;
  void tell_placer(std::vector<user_record> users);
  caf::result<certificate_issued> on_renew(const renew_certificate& ask);
  caf::result<member_list> on_list_members();
  caf::result<done> on_remove(const remove_member& ask);
  caf::result<done> on_drain(const set_draining& ask);
  caf::result<done> on_update(const update_member& ask);
  caf::result<done> take_in_again(const update_member& ask);
  /// Whether the name is one, and no other member has it.
  result<void> check_new_name(const update_member& ask) const;
  /// The member that a person means.
  result<member_record> find_member(const std::string& node) const;
  /// The member that has this id and was not removed.
  result<member_record> need_member(const std::string& node_id) const;
  result<void> write(const cluster_change& change);
  caf::result<done> written(const result<void>& outcome, const char* event_name, event_fields fields);
  caf::error refused(const join_refused& why, event_fields who);
  certificate_term term(std::chrono::nanoseconds lifetime) const { return {options_->time.wall_now(), lifetime}; }
  void emit(const char* event_name, event_fields fields);
  actor_status status(const char* state) const;

  std::optional<registrar_options> options_;
  steady_time since_{};
  std::optional<authority> authority_; ///< while leading
  leadership lead_;                    ///< likewise
  error why_not_;                      ///< while refusing
  steady_time refusals_since_{};
  std::uint32_t refusals_ = 0; ///< since then
};

registrar_actor::behavior_type registrar(registrar_state::self_pointer self, registrar_options options);

} // namespace troupe
