#pragma once

#include "actors/cluster_identity.hpp"
#include "runtime/base/config.hpp"
#include "runtime/gateway/listener.hpp"
#include "runtime/node/node_storage.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What makes this node one of a cluster.
struct cluster_identity {
  cluster_record record;
  own_node self;
  listener door;                    ///< its cluster port, bound
  std::vector<member_record> known; ///< members, this node among them
  std::string name_before{};        ///< the one that it had in the cluster; "": none
  std::string first_token{};        ///< the file with an admin's token, if the cluster was founded just now and needs it

  bool leads() const { return troupe::leads(record, self.node_id); }
};

/// The cluster that this node belongs to: the one it belonged to before, else the one that it is told to join, else a new one if it is told where its cluster port
/// is. Nothing: it stays alone. Joining talks to the network and returns once the node was let in, or with why not.
result<std::optional<cluster_identity>> set_up_cluster(const node_options& options, node_storage& storage,
                                                       const std::string& name, const clock& time);

} // namespace troupe
