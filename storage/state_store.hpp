#pragma once

#include "storage/records.hpp"
#include "storage/write_fence.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// Deployments and versions that change together. Every change of a version goes with a change of its deployment, whose revision
/// guards both.
struct state_change {
  std::vector<deployment_record> put; ///< each as read, changed; or new, with revision 0
  std::vector<deployment_record> erased;
  std::vector<version_record> put_versions;
  std::vector<version_id> erased_versions;
};

/// What the node is told to serve. Blocks on its store, which must outlive it. Any thread.
class state_store {
public:
  explicit state_store(store& records) : records_(records) {}

  /// By name, all of one revision.
  result<std::vector<deployment_record>> deployments() const;
  /// The names of all deployments, also of those whose records can't be read.
  result<std::vector<std::string>> names() const;
  /// The deployment, or nothing if there is none.
  result<std::optional<deployment_record>> deployment(std::string_view name) const;
  /// By number, all of one revision; none for an unknown deployment.
  result<std::vector<version_record>> versions(std::string_view deployment) const;

  /// All or nothing, on disk when it returns: the revision that the written deployments have now. Errors: `conflict` (a
  /// deployment was changed since it was read: read again and decide again), `invalid_argument` (a bad name, a version without
  /// its deployment), or what the store answers.
  result<revision_number> commit(const state_change& change);
  /// Erases all that stands under the name, whether it can be read or not. Not all at once if there is very much of it: then call it again after a
  /// failure.
  result<void> forget(std::string_view name);
  /// From now on nothing more is written: `commit` and `forget` answer this.
  void close(error why) { fence_.close(std::move(why)); }

private:
  store& records_;
  write_fence fence_;
};

} // namespace troupe
