#include "cluster/joining.hpp"

#include "cluster/member_check.hpp"
#include "cluster/private_key.hpp"
#include "cluster/proof.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

using refused = std::optional<join_refused>;

join_refused refuse(join_refusal reason, error_code code, std::string message) {
  return {reason, {code, std::move(message)}};
}

refused unless(const result<void>& good) {
  return good ? refused() : join_refused{join_refusal::malformed, good.failure()};
}

/// Between any two times, however far apart.
std::chrono::nanoseconds distance(wall_time earlier, wall_time later) {
  auto count = static_cast<std::uint64_t>(later.time_since_epoch().count())
               - static_cast<std::uint64_t>(earlier.time_since_epoch().count());
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(count, most)));
}

refused check_shape(const join_request& asked) {
  if (!is_unique_id(asked.node_id))
    return refuse(join_refusal::malformed, error_code::invalid_argument, "a node's id is 32 lower-case hex digits");
  for (const auto& good : {check_node_name(asked.name), check_node_address(asked.address), check_labels(asked.labels),
                           check_public_key(asked.public_key)})
    if (!good)
      return unless(good);
  return {};
}

refused check_clock(wall_time theirs, wall_time ours) {
  bool ahead = theirs > ours;
  auto difference = ahead ? distance(ours, theirs) : distance(theirs, ours);
  if (difference <= clock_difference_max)
    return {};
  return refuse(join_refusal::wrong_clock, error_code::failed_precondition,
                "the clock of this node is " + human_duration(difference) + (ahead ? " ahead of" : " behind")
                    + " the leader's; set the one that is wrong (NTP does), then join again");
}

refused check_member(const member_record& member, const join_request& asked) {
  if (member.removed)
    return refuse(join_refusal::removed, error_code::permission_denied,
                  "this node was removed from the cluster, and its id never comes back; start it with a new data folder and a "
                  "token to join as a new node");
  if (member.public_key != asked.public_key)
    return refuse(join_refusal::wrong_key, error_code::already_exists,
                  "node " + member.name
                      + " has the id of this one and another key; if this is a copy of its data folder, "
                        "start it with a new one");
  return {};
}

refused check_name(const join_request& asked, const join_view& known) {
  if (known.name_holder.empty())
    return {};
  return refuse(join_refusal::name_taken, error_code::already_exists,
                "another node is named '" + asked.name + "'; choose another name with --name, or remove that node");
}

std::string how_to_make(std::string_view role) {
  return "make one with 'troupe token create --role " + std::string(role) + "'";
}

refused check_role(cluster_role role, bool for_node) {
  if ((role == cluster_role::node) == for_node)
    return {};
  return refuse(join_refusal::wrong_role, error_code::permission_denied,
                "this token is for a" + std::string(role == cluster_role::admin ? "n " : " ") + std::string(to_string(role))
                    + "; " + (for_node ? how_to_make("node") : how_to_make("client")));
}

bool has_used(const token_record& token, const token_use& use) {
  return std::any_of(token.used_by.begin(), token.used_by.end(), [&](const token_use& earlier) {
    return earlier.who == use.who && earlier.public_key_sha256 == use.public_key_sha256;
  });
}

/// Of a token that is there: whether it may be used once more.
refused check_uses(const token_record& token, wall_time now) {
  auto another = "; make another with 'troupe token create'";
  if (token.revoked)
    return refuse(join_refusal::token_revoked, error_code::permission_denied, "this token was revoked" + std::string(another));
  if (now >= token.expires)
    return refuse(join_refusal::token_expired, error_code::permission_denied,
                  "this token expired " + human_duration(distance(token.expires, now)) + " ago" + another);
  if (token.uses_left == 0)
    return refuse(join_refusal::token_used_up, error_code::permission_denied,
                  "this token has been used as often as it may be" + std::string(another));
  return {};
}

refused check_token(const join_request& asked, const std::optional<token_record>& token, wall_time now) {
  if (asked.token_secret.empty())
    return refuse(join_refusal::no_token, error_code::permission_denied,
                  "this node is no member of the cluster yet, so it needs a token to join; " + how_to_make("node"));
  if (!token)
    return refuse(join_refusal::unknown_token, error_code::permission_denied,
                  "the leader knows no such token; " + how_to_make("node"));
  if (auto wrong = check_role(token->role, true))
    return wrong;
  return check_uses(*token, now);
}

token_record used_once_more(token_record token, token_use use) {
  --token.uses_left;
  token.used_by.push_back(std::move(use));
  return token;
}

/// What is written of a member that asks, whether it is new or comes back.
member_record updated(member_record member, const join_request& asked) {
  member.node_id = asked.node_id;
  member.name = asked.name;
  member.address = asked.address;
  member.public_key = asked.public_key;
  member.labels = asked.labels;
  return member;
}

join_decision let_in(const join_request& asked, const join_view& known, wall_time now) {
  if (auto wrong = check_token(asked, known.token, now))
    return *wrong;
  if (auto wrong = check_name(asked, known))
    return *wrong;
  if (known.members >= members_max)
    return refuse(join_refusal::cluster_full, error_code::overloaded,
                  "the cluster has " + std::to_string(members_max) + " nodes, which is all it takes; remove one that is gone");
  auto member = updated({}, asked);
  member.joined = now;
  return join_accepted{std::move(member), used_once_more(*known.token, {asked.node_id, sha256_of(asked.public_key), now})};
}

} // namespace

std::string_view to_string(join_refusal reason) {
  switch (reason) {
  case join_refusal::malformed: return "malformed";
  case join_refusal::wrong_proof: return "wrong_proof";
  case join_refusal::wrong_clock: return "wrong_clock";
  case join_refusal::removed: return "removed";
  case join_refusal::wrong_key: return "wrong_key";
  case join_refusal::no_token: return "no_token";
  case join_refusal::unknown_token: return "unknown_token";
  case join_refusal::wrong_role: return "wrong_role";
  case join_refusal::token_revoked: return "token_revoked";
  case join_refusal::token_expired: return "token_expired";
  case join_refusal::token_used_up: return "token_used_up";
  case join_refusal::name_taken: return "name_taken";
  case join_refusal::cluster_full: return "cluster_full";
  }
  return "unknown";
}

join_decision decide_join(const join_request& asked, const join_view& known, wall_time now) {
  if (auto wrong = check_shape(asked))
    return *wrong;
  if (!proves(asked.public_key, known.cluster_id, asked.node_id, known.nonce, asked.proof))
    return refuse(
        join_refusal::wrong_proof, error_code::unauthenticated,
        "this node did not prove that it holds its key; try again, and if that doesn't help, start it with a new data folder");
  if (auto wrong = check_clock(asked.clock, now))
    return *wrong;
  if (!known.member)
    return let_in(asked, known, now);
  if (auto wrong = check_member(*known.member, asked))
    return *wrong;
  if (auto wrong = check_name(asked, known))
    return *wrong;
  return join_accepted{updated(*known.member, asked), {}};
}

enrolment_decision decide_enrolment(const user_request& asked, const std::optional<token_record>& token, wall_time now) {
  if (auto wrong = unless(check_user_name(asked.name)))
    return *wrong;
  if (auto wrong = unless(check_public_key(asked.public_key)))
    return *wrong;
  if (!token)
    return refuse(join_refusal::unknown_token, error_code::permission_denied,
                  "the leader knows no such token; " + how_to_make("client"));
  if (auto wrong = check_role(token->role, false))
    return *wrong;
  token_use use{asked.name, sha256_of(asked.public_key), now};
  if (!token->revoked && now < token->expires && has_used(*token, use))
    return enrolment_accepted{token->role, {}};
  if (auto wrong = check_uses(*token, now))
    return *wrong;
  return enrolment_accepted{token->role, used_once_more(*token, std::move(use))};
}

} // namespace troupe
