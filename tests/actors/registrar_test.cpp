#define BOOST_TEST_MODULE registrar
#include "actors/cluster_identity.hpp"
#include "actors/errors.hpp"
#include "actors/registrar.hpp"
#include "cluster/certificates.hpp"
#include "cluster/join_token.hpp"
#include "cluster/mandate.hpp"
#include "cluster/proof.hpp"
#include "runtime/base/sha256.hpp"
#include "tests/cluster/cluster_ids.hpp"
#include "tests/support/refusing_store.hpp"

#include "tests/support/caf_fixture.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

template <class T>
error_code code_of(const caf::expected<T>& answer) {
  BOOST_REQUIRE(!answer);
  return to_error(answer.error()).code;
}

template <class T>
std::string message_of(const caf::expected<T>& answer) {
  BOOST_REQUIRE(!answer);
  return to_error(answer.error()).message;
}

/// The registrar of a cluster that node 1 has founded as "n1".
struct registrar_fixture : caf_fixture {
  refusing_store disk;
  cluster_store records{disk};
  cluster_record cluster;
  registrar_actor tested;

  registrar_fixture() {
    cluster = found_cluster(records, {node_1, "n1", "10.0.0.1:7551", {}}, {time.wall_now(), 24h}).value();
    tested = started(node_1);
  }
  ~registrar_fixture() override {
    caf::anon_send_exit(tested, caf::exit_reason::user_shutdown);
    tested = registrar_actor();
    settle();
    BOOST_TEST(events.without_origin() == std::set<std::string>(), boost::test_tools::per_element());
  }

  registrar_actor started(const std::string& node_id) {
    auto made = sys.spawn(registrar, registrar_options{time, events, records, node_id});
    settle();
    return made;
  }

  std::string token(cluster_role role = cluster_role::node, std::uint32_t uses = 1) {
    auto made = ask<token_made>(tested, create_token{role, 1h, uses, "ben"});
    BOOST_REQUIRE(static_cast<bool>(made));
    return made->text;
  }

  enrol request(const std::string& token_text, const std::string& node_id, const std::string& name, const private_key& key) {
    join_request who{token_text.empty() ? "" : parse_join_token(token_text)->secret,
                     node_id,
                     name,
                     "10.0.0.2:7551",
                     key.public_key(),
                     {{"zone", "b"}},
                     time.wall_now(),
                     prove(key, cluster.cluster_id, node_id, "nonce")};
    return {who, "nonce"};
  }

  caf::expected<enrolled> join(const std::string& token_text, const std::string& node_id, const std::string& name,
                               const private_key& key) {
    return ask<enrolled>(tested, request(token_text, node_id, name, key));
  }

  /// Node 2 is a member named "n2".
  private_key join_second() {
    auto key = private_key::make();
    BOOST_REQUIRE(static_cast<bool>(join(token(), node_2, "n2", key)));
    return key;
  }

  std::vector<member_record> members() { return ask<member_list>(tested, list_members{})->members; }
  caf::expected<user_enrolled> log_in(const std::string& name, const std::string& token_text,
                                      const private_key& key = private_key::make()) {
    return ask<user_enrolled>(tested, enrol_user{{parse_join_token(token_text)->secret, name, key.public_key()}});
  }
  std::vector<user_record> users() { return ask<user_list>(tested, list_users{})->users; }
  std::vector<token_record> tokens() { return ask<token_list>(tested, list_tokens{})->tokens; }
  std::string last_refusal() {
    auto told = events.named("join_refused");
    return told.empty() ? "" : std::string(field(told.back(), "reason"));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(registrar_suite, registrar_fixture)

BOOST_AUTO_TEST_CASE(a_node_that_does_not_lead_refuses_everything_and_names_the_leader) {
  auto other = started(node_2);
  auto refused = ask<ready>(other, await_ready{});
  BOOST_TEST((code_of(refused) == error_code::failed_precondition));
  BOOST_TEST(message_of(refused).find("ask node " + node_1) != std::string::npos);
  BOOST_TEST((code_of(ask<token_made>(other, create_token{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<token_list>(other, list_tokens{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<done>(other, revoke_token{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<user_list>(other, list_users{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<done>(other, revoke_user{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<enrolled>(other, enrol{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<user_enrolled>(other, enrol_user{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<certificate_issued>(other, renew_certificate{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<member_list>(other, list_members{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<done>(other, remove_member{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<done>(other, set_draining{})) == error_code::failed_precondition));
  BOOST_TEST((code_of(ask<done>(other, update_member{})) == error_code::failed_precondition));
  BOOST_TEST(ask<actor_status>(other, get_status{})->state == "refusing");
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(a_damaged_authority_keeps_the_registrar_from_leading) {
  auto damaged = records.cluster().value().value();
  damaged.authority_key_pem = private_key::make().pem();
  BOOST_REQUIRE(records.commit({damaged, {}, {}, {}}).ok());
  auto other = started(node_1);
  BOOST_TEST((code_of(ask<ready>(other, await_ready{})) == error_code::invalid_argument));
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(a_token_for_ever_or_for_nobody_is_not_made) {
  for (const auto& wrong :
       {create_token{cluster_role::node, 0s}, create_token{cluster_role::node, -1h},
        create_token{cluster_role::node, registrar_state::token_lifetime_max + 1h}, create_token{cluster_role::node, 1h, 0},
        create_token{cluster_role::node, 1h, registrar_state::token_uses_max + 1}})
    BOOST_TEST((code_of(ask<token_made>(tested, wrong)) == error_code::invalid_argument));
  BOOST_TEST(tokens().empty());
}

BOOST_AUTO_TEST_CASE(a_full_disk_lets_nobody_in) {
  auto text = token();
  auto users = token(cluster_role::client);
  auto key = private_key::make();
  disk.full = true;
  BOOST_TEST((code_of(ask<token_made>(tested, create_token{})) == error_code::io_failed));
  BOOST_TEST((code_of(join(text, node_2, "n2", key)) == error_code::io_failed));
  BOOST_TEST((code_of(ask<user_enrolled>(tested, enrol_user{{parse_join_token(users)->secret, "anna", key.public_key()}}))
              == error_code::io_failed));
  BOOST_TEST((code_of(ask<done>(tested, set_draining{"n1", true})) == error_code::io_failed));
  BOOST_TEST((code_of(ask<done>(tested, update_member{node_1, "10.0.0.9:7551", {}})) == error_code::io_failed));
  BOOST_TEST(events.named("node_joined").empty());
  disk.full = false;
  BOOST_TEST(members().size() == 1U);
  BOOST_TEST(static_cast<bool>(join(text, node_2, "n2", key)));
}

BOOST_AUTO_TEST_CASE(too_many_tokens_are_refused_until_old_ones_have_gone) {
  for (std::size_t i = 0; i < registrar_state::tokens_max; ++i)
    token();
  BOOST_TEST((code_of(ask<token_made>(tested, create_token{})) == error_code::overloaded));
  pass(2h);
  BOOST_TEST((code_of(ask<token_made>(tested, create_token{})) == error_code::overloaded));
  pass(registrar_state::token_kept_for);
  token();
  BOOST_TEST(tokens().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_refused_node_is_told_why_and_the_reason_is_an_event_but_not_the_secret) {
  auto key = private_key::make();
  BOOST_TEST((code_of(join("", node_2, "n2", key)) == error_code::permission_denied));
  BOOST_TEST(last_refusal() == "no_token");
  auto foreign = to_text(make_join_token(cluster.cluster_id, std::string(64, '5')));
  BOOST_TEST((code_of(join(foreign, node_2, "n2", key)) == error_code::permission_denied));
  BOOST_TEST(last_refusal() == "unknown_token");
  BOOST_TEST((code_of(join(token(cluster_role::client), node_2, "n2", key)) == error_code::permission_denied));
  BOOST_TEST(last_refusal() == "wrong_role");
  BOOST_TEST((code_of(join(token(), node_2, "n1", key)) == error_code::already_exists));
  BOOST_TEST(last_refusal() == "name_taken");
  auto text = token();
  pass(1h);
  BOOST_TEST((code_of(join(text, node_2, "n2", key)) == error_code::permission_denied));
  BOOST_TEST(last_refusal() == "token_expired");
  auto replayed = request(token(), node_2, "n2", key);
  replayed.nonce = "another";
  BOOST_TEST((code_of(ask<enrolled>(tested, replayed)) == error_code::unauthenticated));
  BOOST_TEST(last_refusal() == "wrong_proof");
  for (const auto& told : events.named("token_created"))
    BOOST_TEST(to_text(told).find(join_token::prefix) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_stranger_says_it_is_does_not_steer_a_terminal) {
  auto strange = request("", node_2, "n2", private_key::make());
  strange.who.name = "\x1b[2J" + std::string(10'000, 'n');
  BOOST_TEST((code_of(ask<enrolled>(tested, strange)) == error_code::invalid_argument));
  auto told = to_text(events.named("join_refused").back());
  BOOST_TEST(told.find('\x1b') == std::string::npos);
  BOOST_TEST(told.size() < 300U);
}

BOOST_AUTO_TEST_CASE(strangers_do_not_fill_the_journal) {
  for (std::uint32_t i = 0; i < registrar_state::refusals_told_max + 5; ++i)
    (void)ask<enrolled>(tested, enrol{});
  BOOST_TEST(events.named("join_refused").size() == registrar_state::refusals_told_max);
  pass(1min);
  (void)ask<enrolled>(tested, enrol{});
  BOOST_TEST(events.named("join_refused").size() == registrar_state::refusals_told_max + 1);
}

BOOST_AUTO_TEST_CASE(a_node_with_a_token_gets_all_that_it_needs_to_come_back) {
  auto key = private_key::make();
  auto text = token();
  BOOST_TEST(parse_join_token(text)->authority_sha256 == certificate_sha256(cluster.authority_pem).value());
  auto answer = join(text, node_2, "n2", key);
  BOOST_REQUIRE(static_cast<bool>(answer));
  BOOST_TEST(answer->cluster_id == cluster.cluster_id);
  BOOST_TEST(answer->members.size() == 2U);
  refusing_store own_disk;
  cluster_store own(own_disk);
  BOOST_TEST(save_membership(own, node_2, key, {answer->authority_pem, answer->certificate_pem, answer->lead}).ok());
  BOOST_TEST((facts_of(answer->certificate_pem)->not_after == std::chrono::floor<std::chrono::seconds>(time.wall_now() + 24h)));
  auto told = events.named("node_joined");
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST(field(told[0], "name") == "n2");
  BOOST_TEST(field(told[0], "token") == tokens()[0].id());
}

BOOST_AUTO_TEST_CASE(a_used_token_lets_in_nobody_else_but_its_user_again) {
  auto text = token();
  auto key = private_key::make();
  BOOST_REQUIRE(static_cast<bool>(join(text, node_2, "n2", key)));
  BOOST_TEST((code_of(join(text, std::string(32, 'b'), "n3", private_key::make())) == error_code::permission_denied));
  BOOST_TEST(last_refusal() == "token_used_up");
  BOOST_TEST((code_of(join(text, node_2, "n2", private_key::make())) == error_code::already_exists));
  BOOST_TEST(last_refusal() == "wrong_key");
  BOOST_TEST(static_cast<bool>(join(text, node_2, "n2", key)));
  BOOST_TEST(tokens()[0].used_by.size() == 1U);
  BOOST_TEST(members().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_token_for_several_lets_in_as_many) {
  auto text = token(cluster_role::node, 3);
  for (char digit : {'b', 'd', 'e'})
    BOOST_TEST(static_cast<bool>(join(text, std::string(32, digit), std::string("n-") + digit, private_key::make())));
  BOOST_TEST((code_of(join(text, std::string(32, 'f'), "n-f", private_key::make())) == error_code::permission_denied));
}

BOOST_AUTO_TEST_CASE(a_member_comes_back_by_its_key_after_its_certificate_has_ended) {
  auto key = join_second();
  pass(72h);
  auto answer = join("", node_2, "n2", key);
  BOOST_REQUIRE(static_cast<bool>(answer));
  BOOST_TEST((facts_of(answer->certificate_pem)->not_after > time.wall_now()));
  BOOST_TEST(events.named("node_returned").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_removed_node_gets_no_certificate_and_never_comes_back) {
  auto key = join_second();
  BOOST_TEST((code_of(ask<done>(tested, remove_member{"n3"})) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(tested, remove_member{"n1"})) == error_code::failed_precondition));
  BOOST_REQUIRE(static_cast<bool>(ask<done>(tested, remove_member{"n2"})));
  BOOST_TEST(members().size() == 1U);
  BOOST_TEST(records.member(node_2).value()->removed);
  BOOST_TEST((code_of(ask<certificate_issued>(tested, renew_certificate{node_2})) == error_code::permission_denied));
  BOOST_TEST((code_of(ask<done>(tested, update_member{node_2, "10.0.0.9:7551", {}})) == error_code::permission_denied));
  BOOST_TEST((code_of(ask<done>(tested, set_draining{"n2", true})) == error_code::not_found));
  BOOST_TEST((code_of(join(token(), node_2, "n2", key)) == error_code::permission_denied));
  BOOST_TEST(last_refusal() == "removed");
  BOOST_TEST(events.named("node_removed").size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_name_of_a_removed_node_is_free_again) {
  join_second();
  BOOST_REQUIRE(static_cast<bool>(ask<done>(tested, remove_member{"n2"})));
  BOOST_TEST(static_cast<bool>(join(token(), std::string(32, 'b'), "n2", private_key::make())));
}

BOOST_AUTO_TEST_CASE(a_node_is_found_by_its_name_or_enough_of_its_id) {
  join_second();
  BOOST_TEST((code_of(ask<done>(tested, set_draining{node_2.substr(0, 31), true})) == error_code::invalid_argument));
  BOOST_TEST((code_of(ask<done>(tested, set_draining{"aaa", true})) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(tested, set_draining{"", true})) == error_code::not_found));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, set_draining{node_2, true})));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, set_draining{"n2", true})));
  BOOST_TEST(members()[1].draining);
  BOOST_TEST(events.named("node_drain_begun").size() == 1U);
  BOOST_TEST(static_cast<bool>(ask<done>(tested, set_draining{"n2", false})));
  BOOST_TEST(!members()[1].draining);
}

BOOST_AUTO_TEST_CASE(a_member_moves_to_another_address) {
  join_second();
  BOOST_TEST((code_of(ask<done>(tested, update_member{node_2, "0.0.0.0:7551", {}})) == error_code::invalid_argument));
  BOOST_TEST(
      (code_of(ask<done>(tested, update_member{std::string(32, 'b'), "10.0.0.9:7551", {}})) == error_code::permission_denied));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, update_member{node_2, "10.0.0.9:7551", {{"zone", "c"}}})));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, update_member{node_2, "10.0.0.9:7551", {{"zone", "c"}}})));
  BOOST_TEST(members()[1].address == "10.0.0.9:7551");
  BOOST_TEST(members()[1].labels.at("zone") == "c");
  BOOST_TEST(events.named("node_updated").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_member_takes_another_name_unless_somebody_has_it) {
  join_second();
  update_member renamed{node_2, members()[1].address, members()[1].labels, "n1"};
  BOOST_TEST((code_of(ask<done>(tested, renamed)) == error_code::already_exists));
  renamed.name = "n 2";
  BOOST_TEST((code_of(ask<done>(tested, renamed)) == error_code::invalid_argument));
  renamed.name = "other";
  BOOST_TEST(static_cast<bool>(ask<done>(tested, renamed)));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, set_draining{"other", true})));
  auto told = events.named("node_updated");
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST(field(told[0], "name_before") == "n2");
}

BOOST_AUTO_TEST_CASE(a_node_that_joined_after_the_backup_is_taken_in_again_by_its_certificate) {
  auto owner = authority::load(cluster.authority_pem, cluster.authority_key_pem).value();
  auto key = private_key::make();
  auto certificate = [&](const authority& by, const std::string& id) {
    return by.issue_node(id, key.public_key(), {time.wall_now(), 24h}).value();
  };
  update_member late{node_2, "10.0.0.2:7551", {{"zone", "b"}}, "n2", certificate(owner, node_2)};
  auto others = late, nobodys = late, nameless = late, taken = late;
  others.certificate_pem = certificate(owner, node_1);
  nobodys.certificate_pem = certificate(authority::make(cluster.cluster_id, time.wall_now()), node_2);
  nameless.name = "n 2";
  taken.name = "n1";
  BOOST_TEST((code_of(ask<done>(tested, others)) == error_code::permission_denied));
  BOOST_TEST((code_of(ask<done>(tested, nobodys)) == error_code::permission_denied));
  BOOST_TEST((code_of(ask<done>(tested, nameless)) == error_code::invalid_argument));
  BOOST_TEST((code_of(ask<done>(tested, taken)) == error_code::already_exists));
  BOOST_TEST(members().size() == 1U);
  BOOST_TEST(static_cast<bool>(ask<done>(tested, late)));
  BOOST_TEST(members()[1].name == "n2");
  BOOST_TEST((members()[1].public_key == key.public_key()));
  BOOST_TEST(events.named("node_taken_in_again").size() == 1U);
  BOOST_TEST(static_cast<bool>(ask<certificate_issued>(tested, renew_certificate{node_2})));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, remove_member{"n2"})));
  BOOST_TEST((code_of(ask<done>(tested, late)) == error_code::permission_denied));
}

BOOST_AUTO_TEST_CASE(a_member_renews_its_certificate_and_a_stranger_does_not) {
  auto key = join_second();
  BOOST_TEST(
      (code_of(ask<certificate_issued>(tested, renew_certificate{std::string(32, 'b')})) == error_code::permission_denied));
  pass(12h);
  auto renewed = ask<certificate_issued>(tested, renew_certificate{node_2});
  BOOST_REQUIRE(static_cast<bool>(renewed));
  auto facts = facts_of(renewed->certificate_pem).value();
  BOOST_TEST(facts.common_name == node_2);
  BOOST_TEST((facts.public_key == key.public_key()));
  BOOST_TEST((facts.not_after == std::chrono::floor<std::chrono::seconds>(time.wall_now() + 24h)));
}

BOOST_AUTO_TEST_CASE(a_user_gets_a_certificate_in_the_role_of_the_token) {
  auto key = private_key::make();
  auto text = token(cluster_role::admin);
  enrol_user anna{{parse_join_token(text)->secret, "anna", key.public_key()}};
  auto answer = ask<user_enrolled>(tested, anna);
  BOOST_REQUIRE(static_cast<bool>(answer));
  BOOST_TEST((answer->role == cluster_role::admin));
  BOOST_TEST(is_issued_by(answer->certificate_pem, answer->authority_pem));
  BOOST_TEST(facts_of(answer->certificate_pem)->organization == "admin");
  BOOST_TEST(static_cast<bool>(ask<user_enrolled>(tested, anna)));
  anna.who.name = "ben";
  BOOST_TEST((code_of(ask<user_enrolled>(tested, anna)) == error_code::permission_denied));
  BOOST_TEST(field(events.named("join_refused").back(), "user") == "ben");
}

BOOST_AUTO_TEST_CASE(who_is_no_user_cannot_be_put_out) {
  for (const auto* name : {"anna", ""})
    BOOST_TEST((code_of(ask<done>(tested, revoke_user{name})) == error_code::not_found));
  log_in("anna", token(cluster_role::client));
  disk.full = true;
  BOOST_TEST((code_of(ask<done>(tested, revoke_user{"anna"})) == error_code::io_failed));
  disk.full = false;
  BOOST_TEST(!users().at(0).is_revoked());
  BOOST_TEST(events.named("user_revoked").empty());
}

BOOST_AUTO_TEST_CASE(a_user_that_was_put_out_gets_nothing_more_by_the_tokens_that_he_knows) {
  auto his = token(cluster_role::client, 3), other = token(cluster_role::client, 3);
  auto key = private_key::make();
  BOOST_REQUIRE(static_cast<bool>(log_in("anna", his, key)));
  BOOST_REQUIRE(static_cast<bool>(log_in("ben", other)));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, revoke_user{"anna", "cleo"})));
  BOOST_TEST((code_of(log_in("anna", his, key)) == error_code::permission_denied)); // as who has lost the answer
  BOOST_TEST((code_of(log_in("dora", his)) == error_code::permission_denied));
  BOOST_TEST(static_cast<bool>(log_in("emil", other)));
  BOOST_TEST(field(events.named("user_revoked").at(0), "by") == "cleo");
  BOOST_TEST(users().at(0).is_revoked());
  BOOST_TEST(!users().at(1).is_revoked());
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_given_after_a_user_was_put_out_is_told_from_those_before) {
  log_in("anna", token(cluster_role::client));
  ask<done>(tested, revoke_user{"anna"});
  auto revoked = users().at(0).revoked;
  auto again = log_in("anna", token(cluster_role::client)); // within the same second
  BOOST_REQUIRE(static_cast<bool>(again));
  BOOST_TEST((facts_of(again->certificate_pem)->not_before + authority::backdated_by > revoked));
  BOOST_TEST(!users().at(0).is_revoked());
  BOOST_TEST((users().at(0).revoked == revoked));
}

BOOST_AUTO_TEST_CASE(users_are_listed_by_name_until_a_while_after_their_certificates_have_ended) {
  log_in("ben", token(cluster_role::client));
  log_in("anna", token(cluster_role::admin));
  BOOST_REQUIRE(users().size() == 2U);
  BOOST_TEST(users()[0].name == "anna");
  BOOST_TEST((users()[0].role == cluster_role::admin));
  BOOST_TEST((users()[0].token_id == tokens().at(0).id()) == (tokens().at(0).role == cluster_role::admin));
  pass(registrar_options::default_user_lifetime + registrar_state::user_kept_for);
  log_in("cleo", token(cluster_role::client));
  BOOST_REQUIRE(users().size() == 1U);
  BOOST_TEST(users()[0].name == "cleo");
}

BOOST_AUTO_TEST_CASE(a_revoked_token_lets_nobody_in) {
  auto first = token(), second = token();
  BOOST_TEST((code_of(ask<done>(tested, revoke_token{"0000"})) == error_code::not_found));
  BOOST_TEST((code_of(ask<done>(tested, revoke_token{""})) == error_code::not_found));
  BOOST_TEST(static_cast<bool>(ask<done>(tested, revoke_token{first})));
  BOOST_TEST(
      static_cast<bool>(ask<done>(tested, revoke_token{sha256_of_secret(parse_join_token(second)->secret).substr(0, 12)})));
  for (const auto& text : {first, second})
    BOOST_TEST((code_of(join(text, node_2, "n2", private_key::make())) == error_code::permission_denied));
  BOOST_TEST(last_refusal() == "token_revoked");
  BOOST_TEST(events.named("token_revoked").size() == 2U);
}

BOOST_AUTO_TEST_CASE(tokens_are_listed_newest_first_without_their_secrets) {
  token();
  pass(1s);
  auto text = token(cluster_role::client, 5);
  auto listed = tokens();
  BOOST_REQUIRE(listed.size() == 2U);
  BOOST_TEST((listed[0].role == cluster_role::client));
  BOOST_TEST(listed[0].uses_left == 5U);
  BOOST_TEST(listed[0].created_by == "ben");
  BOOST_TEST(listed[0].secret_sha256 == sha256_of_secret(parse_join_token(text)->secret));
}

BOOST_AUTO_TEST_SUITE_END()
