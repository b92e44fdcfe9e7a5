#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/cluster_records.hpp"
#include "runtime/base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Longest certificate that is looked at, as PEM.
inline constexpr std::size_t certificate_bytes_max = 16 << 10;

/// What a certificate says. Whether it may be believed is `is_issued_by`'s to say.
struct certificate_facts {
  std::string common_name;  ///< a node's id, a user's role and name, or the cluster's id for its authority
  std::string organization; ///< a role (runtime/base/cluster_records.hpp), or "authority"
  wall_time not_before{};
  wall_time not_after{};
  std::string public_key; ///< SubjectPublicKeyInfo, DER
  std::vector<std::string> dns_names;
};

/// `invalid_argument` if this is no certificate, as PEM, of at most certificate_bytes_max.
result<certificate_facts> facts_of(std::string_view pem);

/// Whether the authority with this certificate signed that one. Says nothing of the time, which facts_of tells, nor of whom it is for. False
/// for what is no certificate.
bool is_issued_by(std::string_view pem, std::string_view authority_pem);

/// SHA-256 of the certificate's DER, as 64 hex digits: what a join token knows the authority by. Errors as facts_of.
result<std::string> certificate_sha256(std::string_view pem);

/// The names in a node's certificate, for who connects to that very node, and to any node of the cluster.
std::string dns_name_of_node(std::string_view node_id);
std::string dns_name_of_cluster(std::string_view cluster_id);

/// Whose a user's certificate is.
struct cluster_user {
  std::string name;
  cluster_role role = cluster_role::client; ///< or admin
};

/// Whose common name (`common_name_of`) it is; nothing for what is no user's.
std::optional<cluster_user> user_of(std::string_view common_name);

} // namespace troupe
