#include "actors/peer.hpp"

#include <caf/send.hpp>

namespace troupe {

peer_interface::behavior_type peer(peer_state::self_pointer self, const actor_environment& node, std::string node_id) {
  return {
      [self, &node, node_id](const assignment& what) {
        auto address = node.network->peers.find(node_id)->address();
        return ask_node<assignment_taken>(self, *node.network, {node_id, address}, what, node.timing.patience);
      },
      [](run_here& here) { here.task(); },
  };
}

} // namespace troupe
