#define BOOST_TEST_MODULE joining
#include "cluster/joining.hpp"
#include "cluster/proof.hpp"
#include "runtime/base/sha256.hpp"
#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <set>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const private_key own_key = private_key::make();
const private_key other_key = private_key::make();

token_record good_token(cluster_role role = cluster_role::node) {
  token_record token;
  token.secret_sha256 = std::string(64, '5');
  token.role = role;
  token.created = some_day - 1min;
  token.expires = some_day + 1h;
  token.uses_left = 1;
  return token;
}

member_record known_member() {
  member_record member;
  member.node_id = node_1;
  member.name = "n1";
  member.address = "10.0.0.1:7551";
  member.public_key = own_key.public_key();
  member.joined = some_day - 24h;
  member.draining = true;
  member.revision = 5;
  return member;
}

/// A node with a good token, which it has not used yet.
struct join_case {
  join_request asked{"secret", node_1, "n1", "10.0.0.7:7551", own_key.public_key(), {{"zone", "a"}}, some_day, {}};
  join_view known{some_cluster, "nonce", good_token(), {}, "", 3};

  join_case() { sign(own_key); }
  void sign(const private_key& key) { asked.proof = prove(key, some_cluster, asked.node_id, "nonce"); }
  void is_member() {
    known.member = known_member();
    known.token.reset();
    asked.token_secret.clear();
  }
  join_decision decide() const { return decide_join(asked, known, some_day); }
};

struct refusal_row {
  const char* title;
  std::function<void(join_case&)> change;
  join_refusal reason;
  error_code code;
  std::string message; ///< how it begins
};

const std::vector<refusal_row> refusals = {
    {"an id that is none", [](join_case& c) { c.asked.node_id = "n1"; }, join_refusal::malformed, error_code::invalid_argument,
     "a node's id is"},
    {"a name that is none", [](join_case& c) { c.asked.name = "n 1"; }, join_refusal::malformed, error_code::invalid_argument,
     "'n 1' is no name for a node"},
    {"an address that is none", [](join_case& c) { c.asked.address = "0.0.0.0:1"; }, join_refusal::malformed,
     error_code::invalid_argument, "'0.0.0.0:1' is no address that"},
    {"a label that is none", [](join_case& c) { c.asked.labels[""] = "a"; }, join_refusal::malformed,
     error_code::invalid_argument, "label ''"},
    {"a key that is none", [](join_case& c) { c.asked.public_key = "key"; }, join_refusal::malformed,
     error_code::invalid_argument, "this is no public key"},
    {"a proof by another key", [](join_case& c) { c.sign(other_key); }, join_refusal::wrong_proof, error_code::unauthenticated,
     "this node did not prove"},
    {"a proof of another nonce", [](join_case& c) { c.known.nonce = "another"; }, join_refusal::wrong_proof,
     error_code::unauthenticated, "this node did not prove"},
    {"a member's proof by another key",
     [](join_case& c) {
       c.is_member();
       c.sign(other_key);
     },
     join_refusal::wrong_proof, error_code::unauthenticated, "this node did not prove"},
    {"a clock that is ahead", [](join_case& c) { c.asked.clock = some_day + 432s; }, join_refusal::wrong_clock,
     error_code::failed_precondition, "the clock of this node is 7m 12s ahead of the leader's; set the one that is wrong"},
    {"a clock that is behind", [](join_case& c) { c.asked.clock = some_day - 2h; }, join_refusal::wrong_clock,
     error_code::failed_precondition, "the clock of this node is 2h behind the leader's"},
    {"the last moment of all", [](join_case& c) { c.asked.clock = wall_time::max(); }, join_refusal::wrong_clock,
     error_code::failed_precondition, "the clock of this node is"},
    {"the first moment of all", [](join_case& c) { c.asked.clock = wall_time::min(); }, join_refusal::wrong_clock,
     error_code::failed_precondition, "the clock of this node is"},
    {"a removed node with its key",
     [](join_case& c) {
       c.is_member();
       c.known.member->removed = true;
     },
     join_refusal::removed, error_code::permission_denied, "this node was removed from the cluster"},
    {"a removed node with a new token",
     [](join_case& c) {
       c.known.member = known_member();
       c.known.member->removed = true;
     },
     join_refusal::removed, error_code::permission_denied, "this node was removed from the cluster"},
    {"the id of a member with another key",
     [](join_case& c) {
       c.known.member = known_member();
       c.known.member->public_key = other_key.public_key();
     },
     join_refusal::wrong_key, error_code::already_exists, "node n1 has the id of this one and another key"},
    {"a node that is no member, without a token",
     [](join_case& c) {
       c.asked.token_secret.clear();
       c.known.token.reset();
     },
     join_refusal::no_token, error_code::permission_denied, "this node is no member of the cluster yet"},
    {"a token that nobody knows", [](join_case& c) { c.known.token.reset(); }, join_refusal::unknown_token,
     error_code::permission_denied, "the leader knows no such token; make one with 'troupe token create --role node'"},
    {"a client's token", [](join_case& c) { c.known.token = good_token(cluster_role::client); }, join_refusal::wrong_role,
     error_code::permission_denied, "this token is for a client; make one with"},
    {"an admin's token", [](join_case& c) { c.known.token = good_token(cluster_role::admin); }, join_refusal::wrong_role,
     error_code::permission_denied, "this token is for an admin; make one with"},
    {"a revoked token", [](join_case& c) { c.known.token->revoked = true; }, join_refusal::token_revoked,
     error_code::permission_denied, "this token was revoked; make another"},
    {"an expired token", [](join_case& c) { c.known.token->expires = some_day - 200s; }, join_refusal::token_expired,
     error_code::permission_denied, "this token expired 3m 20s ago; make another"},
    {"a token that expires just now", [](join_case& c) { c.known.token->expires = some_day; }, join_refusal::token_expired,
     error_code::permission_denied, "this token expired 0 s ago"},
    {"a used token", [](join_case& c) { c.known.token->uses_left = 0; }, join_refusal::token_used_up,
     error_code::permission_denied, "this token has been used as often as it may be"},
    {"a new node under a taken name", [](join_case& c) { c.known.name_holder = node_2; }, join_refusal::name_taken,
     error_code::already_exists, "another node is named 'n1'; choose another name with --name"},
    {"a member under a taken name",
     [](join_case& c) {
       c.is_member();
       c.known.name_holder = node_2;
     },
     join_refusal::name_taken, error_code::already_exists, "another node is named 'n1'"},
    {"one node too many", [](join_case& c) { c.known.members = members_max; }, join_refusal::cluster_full, error_code::overloaded,
     "the cluster has 1000 nodes"},
};

join_accepted accepted(const join_case& tried) {
  auto decision = tried.decide();
  BOOST_REQUIRE(std::holds_alternative<join_accepted>(decision));
  return std::get<join_accepted>(decision);
}

template <class Decision>
join_refused refused(const Decision& decision) {
  BOOST_REQUIRE(std::holds_alternative<join_refused>(decision));
  return std::get<join_refused>(decision);
}

user_request anna() {
  return {"secret", "anna", own_key.public_key()};
}

} // namespace

BOOST_AUTO_TEST_CASE(each_wrong_request_is_refused_with_its_reason_and_what_to_do) {
  for (const auto& row : refusals) {
    BOOST_TEST_CONTEXT(row.title) {
      join_case tried;
      row.change(tried);
      if (row.reason == join_refusal::malformed)
        tried.sign(own_key);
      auto found = refused(tried.decide());
      BOOST_TEST(to_string(found.reason) == to_string(row.reason));
      BOOST_TEST((found.why.code == row.code));
      BOOST_TEST(found.why.message.rfind(row.message, 0) == 0U, found.why.message);
      BOOST_TEST(found.why.message.find("secret") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_reason_has_a_word_of_its_own_and_a_row) {
  std::set<std::string_view> words;
  std::set<join_refusal> reasons;
  for (const auto& row : refusals)
    if (reasons.insert(row.reason).second)
      words.insert(to_string(row.reason));
  BOOST_TEST(reasons.size() == static_cast<std::size_t>(join_refusal::cluster_full) + 1);
  BOOST_TEST(words.size() == reasons.size());
}

BOOST_AUTO_TEST_CASE(who_has_no_good_token_does_not_learn_which_names_are_taken) {
  join_case tried;
  tried.known.token.reset();
  tried.known.name_holder = node_2;
  BOOST_TEST((refused(tried.decide()).reason == join_refusal::unknown_token));
}

BOOST_AUTO_TEST_CASE(a_node_with_a_good_token_is_let_in_and_the_token_is_used) {
  auto decision = accepted(join_case());
  BOOST_TEST(decision.member.node_id == node_1);
  BOOST_TEST(decision.member.name == "n1");
  BOOST_TEST(decision.member.address == "10.0.0.7:7551");
  BOOST_TEST((decision.member.public_key == own_key.public_key()));
  BOOST_TEST(decision.member.labels.at("zone") == "a");
  BOOST_TEST((decision.member.joined == some_day));
  BOOST_TEST(decision.member.revision == 0U);
  BOOST_REQUIRE(decision.token.has_value());
  BOOST_TEST(decision.token->uses_left == 0U);
  BOOST_REQUIRE(decision.token->used_by.size() == 1U);
  BOOST_TEST(decision.token->used_by[0].who == node_1);
}

BOOST_AUTO_TEST_CASE(a_node_that_asks_again_with_a_used_token_and_its_key_is_let_in_again) {
  join_case again;
  auto first = accepted(again);
  again.known.token = first.token;
  again.known.member = first.member;
  auto decision = accepted(again);
  BOOST_TEST(!decision.token.has_value());
  BOOST_TEST((decision.member.joined == some_day));
}

BOOST_AUTO_TEST_CASE(a_member_comes_back_by_its_key_alone_with_a_new_address) {
  join_case back;
  back.is_member();
  auto decision = accepted(back);
  BOOST_TEST(!decision.token.has_value());
  BOOST_TEST(decision.member.address == "10.0.0.7:7551");
  BOOST_TEST((decision.member.joined == some_day - 24h));
  BOOST_TEST(decision.member.draining);
  BOOST_TEST(decision.member.revision == 5U);
}

BOOST_AUTO_TEST_CASE(a_member_comes_back_though_the_cluster_is_full) {
  join_case back;
  back.is_member();
  back.known.members = members_max;
  accepted(back);
}

BOOST_AUTO_TEST_CASE(a_clock_may_be_five_minutes_off) {
  for (auto off : {-300s, 300s}) {
    join_case tried;
    tried.asked.clock = some_day + off;
    accepted(tried);
  }
}

BOOST_AUTO_TEST_CASE(a_user_is_refused_with_the_reason) {
  auto reason_of = [](const user_request& asked, const std::optional<token_record>& token) {
    return refused(decide_enrolment(asked, token, some_day)).reason;
  };
  auto client = good_token(cluster_role::client);
  auto named_like_a_node = anna(), without_key = anna();
  named_like_a_node.name = node_1;
  without_key.public_key = "key";
  BOOST_TEST((reason_of(named_like_a_node, client) == join_refusal::malformed));
  BOOST_TEST((reason_of(without_key, client) == join_refusal::malformed));
  BOOST_TEST((reason_of(anna(), {}) == join_refusal::unknown_token));
  BOOST_TEST((reason_of(anna(), good_token()) == join_refusal::wrong_role));
  auto revoked = client, expired = client, used = client;
  revoked.revoked = true;
  expired.expires = some_day;
  used.uses_left = 0;
  BOOST_TEST((reason_of(anna(), revoked) == join_refusal::token_revoked));
  BOOST_TEST((reason_of(anna(), expired) == join_refusal::token_expired));
  BOOST_TEST((reason_of(anna(), used) == join_refusal::token_used_up));
}

BOOST_AUTO_TEST_CASE(a_user_gets_the_role_of_its_token_and_may_ask_again_with_the_same_key_only) {
  for (auto role : {cluster_role::admin, cluster_role::client}) {
    auto first = std::get<enrolment_accepted>(decide_enrolment(anna(), good_token(role), some_day));
    BOOST_TEST((first.role == role));
    BOOST_REQUIRE(first.token.has_value());
    BOOST_TEST(first.token->uses_left == 0U);
    auto again = std::get<enrolment_accepted>(decide_enrolment(anna(), first.token, some_day));
    BOOST_TEST((again.role == role));
    BOOST_TEST(!again.token.has_value());
    auto other = anna();
    other.public_key = other_key.public_key();
    BOOST_TEST((refused(decide_enrolment(other, first.token, some_day)).reason == join_refusal::token_used_up));
  }
}
