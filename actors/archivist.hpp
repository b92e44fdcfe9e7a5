#pragma once

#include "actors/environment.hpp"
#include "storage/backup.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

struct archivist_options {
  const clock& time;
  event_sink& events;
  backup_source source; ///< outlives the actor system
  /// Called once, on the actor's thread: lets requests go first. May be empty.
  std::function<void()> yield_to_others{};
  /// Whether a backup of this node is of any use. May be empty.
  std::function<result<void>()> worth_it{};
};

/// An archivist's message to itself: the next piece.
struct copy_on {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::copy_on)

namespace troupe {

/// Makes backups, piece by piece, so that it can be asked and stopped in between. It blocks on the disk, so a node spawns it detached.
///
///     idle --make_backup--> copying --all there, or failed--> idle        stopped while copying: nothing is left of it
class archivist_state {
public:
  using interface = archivist_actor::extend<caf::reacts_to<copy_on>>;
  using self_pointer = interface::stateful_pointer<archivist_state>;
  using behavior_type = interface::behavior_type;

  explicit archivist_state(self_pointer self) : self_(self) {}

  behavior_type begin(archivist_options options);
  behavior_type idle();
  behavior_type copying();

  std::string name = "archivist"; ///< where CAF looks for it

private:
  caf::result<backup_made> on_make(const make_backup& ask);
  void on_copy();
  void finish();
  void fail(const error& why);
  caf::error failure_of(const std::string& folder, const error& why);
  void emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields);
  actor_status status(const char* state) const;

  self_pointer self_;
  std::optional<archivist_options> options_;
  steady_time since_{};
  steady_time begun_{};
  std::unique_ptr<backup_job> job_; ///< while copying
  caf::typed_response_promise<backup_made> answer_;
};

archivist_state::behavior_type archivist(archivist_state::self_pointer self, archivist_options options);

} // namespace troupe
