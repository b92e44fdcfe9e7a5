#pragma once

#include "storage/records.hpp"
#include "storage/write_fence.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// Records that change together, each as read and changed; or new, with revision 0.
struct cluster_change {
  std::optional<cluster_record> cluster;
  std::vector<member_record> members;
  std::vector<token_record> tokens;
  std::vector<token_record> erased_tokens;
  std::optional<cluster_record> joining{};
  std::vector<user_record> users{};
  std::vector<user_record> erased_users{};
  bool joined = false; ///< the node was let in: erases what `joining` tells
};

/// What a node knows of its cluster, and on the leader who its members are. Blocks on its store, which must outlive it. Any thread.
class cluster_store {
public:
  explicit cluster_store(store& records) : records_(records) {}

  /// Nothing if this node belongs to no cluster yet.
  result<std::optional<cluster_record>> cluster() const;
  /// The cluster that this node asks to be let into, and the key that it asks with; nothing if it doesn't.
  result<std::optional<cluster_record>> joining() const;
  /// By node id, all of one revision, those that were removed too.
  result<std::vector<member_record>> members() const;
  result<std::optional<member_record>> member(std::string_view node_id) const;
  /// By the hash of their secrets, all of one revision.
  result<std::vector<token_record>> tokens() const;
  result<std::optional<token_record>> token(std::string_view secret_sha256) const;

  /// By role and name, all of one revision.
  result<std::vector<user_record>> users() const;

  /// All or nothing, on disk when it returns: the revision that what was written has now. Errors: `conflict` (one of them was changed
  /// since it was read: read again and decide again), `invalid_argument` (no id, no hash, or nothing to write), or what the store answers.
  result<revision_number> commit(const cluster_change& change);
  /// From now on nothing more is written: `commit` answers this.
  void close(error why) { fence_.close(std::move(why)); }

private:
  store& records_;
  write_fence fence_;
};

} // namespace troupe
