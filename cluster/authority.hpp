#pragma once

#include "cluster/private_key.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/cluster_records.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// How long a certificate holds.
struct certificate_term {
  wall_time now{};
  std::chrono::nanoseconds lifetime{std::chrono::hours(24)}; ///< but never longer than the authority's own
};

/// What a cluster's members trust: a certificate that all know, and its key, which only the leader and backups hold. Copies share the key; any thread.
class authority {
public:
  static constexpr std::chrono::hours lifetime{10 * 365 * 24};
  /// Certificates hold from so long before they were made, for clocks that are behind.
  static constexpr std::chrono::minutes backdated_by{5};

  /// A new one, of a new cluster.
  static authority make(std::string cluster_id, wall_time now);
  /// `invalid_argument` if this is no authority's certificate, or the key isn't its own.
  static result<authority> load(std::string certificate_pem, std::string_view key_pem);

  const std::string& cluster_id() const { return cluster_id_; }
  const std::string& certificate_pem() const { return certificate_pem_; }
  /// A secret. See `wipe`.
  std::string key_pem() const { return key_.pem(); }

  /// The PEM of a certificate for connecting to nodes and being connected to; common name: the node's id, organization: "node". It holds
  /// for the host of `address` too, where others reach the node (""; none), so that clients that know nothing of clusters can check it. Errors:
  /// `invalid_argument` (no node's id, no key), `failed_precondition` (the authority's own certificate has ended).
  result<std::string> issue_node(std::string_view node_id, std::string_view public_key, const certificate_term& term,
                                 std::string_view address = {}) const;
  /// The PEM of a certificate for connecting to nodes; common name: "admin:anna", organization: the role, which is admin or client. Errors as
  /// above; a name that could be taken for a node's id is `invalid_argument`.
  result<std::string> issue_user(std::string_view name, cluster_role role, std::string_view public_key,
                                 const certificate_term& term) const;

  leadership grant(std::uint64_t epoch, std::string leader_id) const;

private:
  authority(std::string cluster_id, std::string certificate_pem, private_key key);

  std::string cluster_id_;
  std::string certificate_pem_;
  private_key key_;
};

} // namespace troupe
