#pragma once

#include "actors/environment.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>

namespace troupe {

/// Publishes the routing table; the only one that does. Its state is the table in force, so a restart loses nothing.
///
///     publishing
class router_state {
public:
  using self_pointer = router_actor::stateful_pointer<router_state>;

  router_actor::behavior_type publishing(const actor_environment& node);

  std::string name = "router"; ///< where CAF looks for it

private:
  done on_set(const set_routes& ask);
  actor_status status() const;

  const actor_environment* node_ = nullptr;
  steady_time since_{};
};

router_actor::behavior_type router(router_state::self_pointer self, const actor_environment& node);

} // namespace troupe
