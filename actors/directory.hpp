#pragma once

#include "actors/protocol.hpp"

#include <mutex>

namespace troupe {

/// Where a named actor is found just now. A restart makes a new handle, so nobody keeps one for life: read the cell each time.
/// Thread-safe; written by the actor's start function.
template <class Handle>
class handle_cell {
public:
  /// Empty until the actor has been started once. A dead handle answers requests with an error at once.
  Handle get() const {
    std::lock_guard lock(mutex_);
    return handle_;
  }

  void set(Handle handle) {
    std::lock_guard lock(mutex_);
    handle_ = std::move(handle);
  }

private:
  mutable std::mutex mutex_;
  Handle handle_;
};

/// The node's named actors.
struct directory {
  handle_cell<supervisor_actor> root;
  handle_cell<keeper_actor> keeper;
  handle_cell<fetcher_actor> fetcher;
  handle_cell<archivist_actor> archivist;
  handle_cell<journal_actor> journal;
  handle_cell<router_actor> router;
  handle_cell<registrar_actor> registrar;
  handle_cell<membership_actor> membership;
  handle_cell<pools_actor> pools;
  handle_cell<placer_actor> placer;
  handle_cell<supervisor_actor> deployments;
  handle_cell<catalog_actor> catalog;

  /// Lets go of all handles. Before the actor system ends: it waits for detached actors to be destroyed, not only to be done.
  void clear() {
    root.set({});
    keeper.set({});
    fetcher.set({});
    archivist.set({});
    journal.set({});
    router.set({});
    registrar.set({});
    membership.set({});
    pools.set({});
    placer.set({});
    deployments.set({});
    catalog.set({});
  }
};

} // namespace troupe
