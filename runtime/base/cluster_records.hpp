#pragma once

#include "runtime/base/clock.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Who leads since when. Believed only with the authority's signature (cluster/mandate.hpp). Of two, the one with the higher epoch holds.
struct leadership {
  std::uint64_t epoch = 0; ///< grows with each leader
  std::string leader_id;   ///< its node id
  std::string signature;
};

/// What a node knows of its cluster and of itself in it.
struct cluster_record {
  std::string cluster_id;
  std::string authority_pem;     ///< the certificate of the cluster's authority
  std::string authority_key_pem; ///< a secret; "": this node doesn't lead
  std::string node_key_pem;      ///< a secret
  std::string node_certificate_pem;
  leadership lead; ///< the newest that this node has seen

  /// Not part of the record: the store's, of when it was read; 0 if it isn't stored yet.
  std::uint64_t revision = 0;
};

/// Whether the node of this id leads. A copy of the leader's data that was given another id doesn't.
inline bool leads(const cluster_record& record, std::string_view node_id) {
  return !record.authority_key_pem.empty() && record.lead.leader_id == node_id;
}

/// A node of the cluster, or one that was.
struct member_record {
  std::string node_id;
  std::string name;       ///< unique among those that were not removed
  std::string address;    ///< of its cluster port, e.g. "10.0.0.7:7551"
  std::string public_key; ///< SubjectPublicKeyInfo, DER
  std::map<std::string, std::string> labels;
  wall_time joined{};
  bool removed = false; ///< for ever
  wall_time removed_at{};
  bool draining = false; ///< its work moves away

  std::uint64_t revision = 0; ///< as above
};

/// What somebody may be who shows a token or a certificate. The numbers are stored.
enum class cluster_role : std::uint8_t { node = 0, admin, client };
inline constexpr cluster_role last_cluster_role = cluster_role::client;

constexpr std::string_view to_string(cluster_role role) {
  switch (role) {
  case cluster_role::node: return "node";
  case cluster_role::admin: return "admin";
  case cluster_role::client: return "client";
  }
  return "unknown";
}

/// The common name of a user's certificate: "admin:anna". No node's id has a colon, and no user's name.
inline std::string common_name_of(cluster_role role, std::string_view name) {
  return std::string(to_string(role)).append(":").append(name);
}

struct token_use {
  std::string who; ///< a node's id, or a user's name
  std::string public_key_sha256;
  wall_time at{};
};

/// A token for joining, without its secret.
struct token_record {
  /// Digits that people tell tokens by.
  static constexpr std::size_t id_size = 12;

  std::string secret_sha256; ///< 64 hex digits
  cluster_role role = cluster_role::node;
  wall_time created{};
  wall_time expires{};
  std::uint32_t uses_left = 0;
  std::vector<token_use> used_by; ///< oldest first
  std::string created_by;         ///< what the caller said it is
  bool revoked = false;

  std::uint64_t revision = 0; ///< as above

  std::string id() const { return secret_sha256.substr(0, id_size); }
};

/// Somebody who got a certificate by a token.
struct user_record {
  cluster_role role = cluster_role::client; ///< or admin
  std::string name;
  wall_time given{};    ///< the newest certificate
  wall_time expires{};  ///< when that ends; those before it end earlier
  std::string token_id; ///< by which it came
  wall_time revoked{};  ///< certificates that were given until then are refused; the epoch: none is

  std::uint64_t revision = 0; ///< as above

  bool is_revoked() const { return revoked >= given; }
};

/// Certificates of a user that no node takes any more. Nothing takes it back: who gets another certificate got it later.
struct revocation {
  std::string common_name; ///< "client:anna"
  wall_time until{};       ///< those given until then
  wall_time expires{};     ///< the last of them; then it says nothing any more
};

inline bool operator==(const revocation& a, const revocation& b) {
  return a.common_name == b.common_name && a.until == b.until && a.expires == b.expires;
}

} // namespace troupe
