#pragma once

#include "runtime/base/cluster_records.hpp"
#include "runtime/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe {

/// What a node says that wants to be a member, or to be one again.
struct join_request {
  std::string token_secret; ///< "": it has been a member
  std::string node_id;
  std::string name;
  std::string address;    ///< of its cluster port, for the other nodes
  std::string public_key; ///< SubjectPublicKeyInfo, DER
  std::map<std::string, std::string> labels;
  wall_time clock{}; ///< what it takes for now
  std::string proof; ///< by cluster/proof.hpp, of the nonce that it was given on this connection
};

/// What a user says that wants a certificate.
struct user_request {
  std::string token_secret;
  std::string name;
  std::string public_key;
};

/// What a node that was let in is given.
struct enrolled {
  std::string certificate_pem;
  std::string cluster_id;
  std::string authority_pem;
  leadership lead;
  std::vector<member_record> members; ///< without those that were removed
};

/// What a user is given.
struct user_enrolled {
  std::string certificate_pem;
  std::string cluster_id;
  std::string authority_pem;
  cluster_role role = cluster_role::client;
};

/// What the leader knows of who wants to join.
struct join_view {
  std::string cluster_id;
  std::string nonce;                   ///< that the joiner was given; never what it says it was
  std::optional<token_record> token;   ///< of the request's secret
  std::optional<member_record> member; ///< of the request's node id
  std::string name_holder;             ///< another member that was not removed and has the request's name; "": none
  std::size_t members = 0;             ///< that were not removed
};

enum class join_refusal : std::uint8_t {
  malformed,
  wrong_proof,
  wrong_clock,
  removed,
  wrong_key,
  no_token,
  unknown_token,
  wrong_role,
  token_revoked,
  token_expired,
  token_used_up,
  name_taken,
  cluster_full,
};

/// "token_expired", for events.
std::string_view to_string(join_refusal reason);

struct join_refused {
  join_refusal reason = join_refusal::malformed;
  error why; ///< for who asked: what to do
};

/// Let it in, once these are written.
struct join_accepted {
  member_record member;
  std::optional<token_record> token; ///< nothing: it needed none
};
using join_decision = std::variant<join_refused, join_accepted>;

struct enrolment_accepted {
  cluster_role role = cluster_role::client;
  std::optional<token_record> token; ///< nothing: it is as it was
};
using enrolment_decision = std::variant<join_refused, enrolment_accepted>;

/// How far a joiner's clock may be off. Certificates hold from 5 minutes before they are made.
inline constexpr std::chrono::minutes clock_difference_max{5};
inline constexpr std::size_t members_max = 1000;

/// Whether a node may be a member. One that is a member already needs no token, only its key: so its certificate may have expired, and it may ask again
/// when it has lost the answer.
join_decision decide_join(const join_request& asked, const join_view& known, wall_time now);

/// Whether a user gets a certificate. One that has used the token may ask again with the same key: it has lost the answer.
enrolment_decision decide_enrolment(const user_request& asked, const std::optional<token_record>& token, wall_time now);

} // namespace troupe
