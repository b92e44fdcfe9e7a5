#pragma once

#include "actors/archivist.hpp"
#include "actors/environment.hpp"
#include "actors/journal.hpp"
#include "actors/keeper.hpp"

#include <caf/actor_system.hpp>

#include <optional>

namespace troupe {

struct root_options {
  const actor_environment& node;
  keeper_options keeper;
  journal_options journal;
  /// Gives the actors that block on the disk a thread of their own. Never in tests: a detached actor escapes their scheduler.
  bool detach = false;
  /// Absent: the node makes no backups, as its store is no folder.
  std::optional<archivist_options> archivist{};
};

/// Starts the node's tree and enters its named actors into the directory:
///
///     root (one_for_one)
///       journal
///       keeper
///       router
///       archivist
///       pools
///         digits@3 …
///       serving (rest_for_one)
///         placer
///         deployments (one_for_one, never fails upward: a bad model must not take the node down)
///           digits …
///         catalog
supervisor_actor start_root(caf::actor_system& system, const root_options& options);

} // namespace troupe
