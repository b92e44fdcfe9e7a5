#pragma once

#include "actors/peer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>

/// What stands on a node that doesn't lead where the leader has its catalog, its registrar and its placer: each hands on what it is asked. They live as long as
/// the node doesn't lead.
namespace troupe {

using catalog_proxy_interface = catalog_actor::extend<caf::reacts_to<run_here>>;
using registrar_proxy_interface = registrar_actor::extend<caf::reacts_to<run_here>>;
using placer_proxy_interface = placer_actor::extend<caf::reacts_to<run_here>>;

/// Tells of deployments what the leader told last while the leader can't be reached.
struct catalog_proxy_state {
  using self_pointer = catalog_proxy_interface::stateful_pointer<catalog_proxy_state>;
  std::string name = "catalog_proxy"; ///< where CAF looks for it
  steady_time since{};
  std::map<std::string, deployment_list> told; ///< last, by what was asked for
};
catalog_proxy_interface::behavior_type catalog_proxy(catalog_proxy_state::self_pointer self, const actor_environment& node);

struct registrar_proxy_state {
  using self_pointer = registrar_proxy_interface::stateful_pointer<registrar_proxy_state>;
  std::string name = "registrar_proxy"; ///< where CAF looks for it
  steady_time since{};
};
registrar_proxy_interface::behavior_type registrar_proxy(registrar_proxy_state::self_pointer self, const actor_environment& node);

/// Brings the leader this node's reports. One is under way at a time, and only the newest waits.
struct placer_proxy_state {
  using self_pointer = placer_proxy_interface::stateful_pointer<placer_proxy_state>;
  std::string name = "placer_proxy"; ///< where CAF looks for it
  steady_time since{};
  bool telling = false;
  std::optional<node_report> next;
};
placer_proxy_interface::behavior_type placer_proxy(placer_proxy_state::self_pointer self, const actor_environment& node);

} // namespace troupe
