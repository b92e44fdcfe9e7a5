#pragma once

#include "actors/peer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What stands on a node that doesn't lead where the leader has its catalog, its registrar and its placer: each hands on what it is asked. They live as long as
/// the node doesn't lead. While the leader is away, what asks to change something is refused at once as `unavailable`; the error says since when it is
/// away and what goes on.
namespace troupe {

/// A catalog proxy's message to itself: time to ask the leader for its deployments.
struct look_at_leader {};

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::look_at_leader)

namespace troupe {

using catalog_proxy_interface = catalog_actor::extend<caf::reacts_to<run_here>, caf::reacts_to<look_at_leader>>;
using registrar_proxy_interface = registrar_actor::extend<caf::reacts_to<run_here>>;
using placer_proxy_interface = placer_actor::extend<caf::reacts_to<run_here>>;

/// Tells of deployments what the leader told last while the leader is away, with its age; so it asks the leader now and then, though nobody asks it.
class catalog_proxy_state {
public:
  using self_pointer = catalog_proxy_interface::stateful_pointer<catalog_proxy_state>;
  using behavior_type = catalog_proxy_interface::behavior_type;

  /// Between two looks at the leader's deployments, and the most that what is told while it is away lags behind.
  static constexpr std::chrono::milliseconds look_interval{5000};
  /// Between two while it doesn't answer.
  static constexpr std::chrono::milliseconds look_retry{500};

  explicit catalog_proxy_state(self_pointer self) : self_(self) {}

  behavior_type begin(const actor_environment& node);
  behavior_type handing_on();

  std::string name = "catalog_proxy"; ///< where CAF looks for it

private:
  struct told_list {
    std::vector<deployment_view> deployments;
    steady_time at{};
    bool kept = false; ///< read from this node's disk
  };

  caf::result<deployment_list> on_list(const list_deployments& ask);
  void look();
  /// Answers with what the leader told last, or else with what this node has kept of it; `why` if there is neither.
  void tell_last_known(const std::string& name, const error& why, caf::typed_response_promise<deployment_list> answer);
  /// Answers with what was kept, and with what this node runs of it now: of others it knows nothing.
  void tell_kept(deployment_list known, caf::typed_response_promise<deployment_list> answer);
  /// What is known of the deployments asked for; `why` if that is nothing.
  result<deployment_list> last_known(const std::string& name, const error& why) const;

  self_pointer self_;
  const actor_environment* node_ = nullptr;
  steady_time since_{};
  std::optional<told_list> told_; ///< by the leader, last, of all deployments
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
