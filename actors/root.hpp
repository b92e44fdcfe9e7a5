#pragma once

#include "actors/archivist.hpp"
#include "actors/environment.hpp"
#include "actors/journal.hpp"
#include "actors/keeper.hpp"
#include "actors/membership.hpp"
#include "actors/registrar.hpp"

#include <caf/actor_system.hpp>

#include <optional>

namespace troupe {

/// What a node of a cluster has besides.
struct cluster_options {
  bool leads = false;
  registrar_options registrar; ///< of a node that leads
  membership_options membership;
};

struct root_options {
  const actor_environment& node;
  keeper_options keeper;
  journal_options journal;
  /// Gives the actors that block on the disk a thread of their own. Never in tests: a detached actor escapes their scheduler.
  bool detach = false;
  /// Absent: the node makes no backups, as its store is no folder.
  std::optional<archivist_options> archivist{};
  std::optional<cluster_options> cluster{}; ///< absent: the node is alone
};

/// Starts the node's tree and enters its named actors into the directory:
///
///     root (one_for_one)
///       journal
///       keeper
///       fetcher
///       router
///       archivist
///       pools
///         digits@3 …
///       membership                                      in a cluster
///         n2 …
///       serving (rest_for_one)                          on a node that doesn't lead: proxies of catalog, registrar and placer
///         placer
///         deployments (one_for_one, never fails upward: a bad model must not take the node down)
///           digits …
///         catalog
///       registrar                                       on the leader of a cluster
supervisor_actor start_root(caf::actor_system& system, const root_options& options);

} // namespace troupe
