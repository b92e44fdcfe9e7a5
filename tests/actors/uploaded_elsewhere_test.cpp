#define BOOST_TEST_MODULE uploaded_elsewhere
#include "actors/peer_desk.hpp"
#include "tests/actors/other_nodes.hpp"

#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

namespace {

/// n3 leads; files were uploaded to n2.
struct leader_fixture : tree_fixture, other_nodes {
  peer_desk desk{sys, actors};
  membership_actor members = sys.spawn(told_membership, nodes);

  leader_fixture() {
    nodes->lead.leader_id = "n3";
    node.network = &network;
    actors.membership.set(members);
  }
  ~leader_fixture() {
    node.network = nullptr;
    caf::anon_send_exit(members, caf::exit_reason::kill);
  }

  result<peer_answer> ask_from_n2(peer_question what) {
    auto answers = std::make_shared<std::vector<result<peer_answer>>>();
    desk.ask("n2", std::move(what), 10s, [answers](result<peer_answer> answer) { answers->push_back(std::move(answer)); });
    settle();
    BOOST_REQUIRE(answers->size() == 1U);
    return answers->front();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(uploaded_elsewhere_suite, leader_fixture)

BOOST_AUTO_TEST_CASE(a_deploy_of_what_no_node_has_is_refused_and_makes_no_version) {
  auto answer = ask_from_n2(deploy{"digits", sha256_of("lost"), toml(1), 0});
  BOOST_REQUIRE(!answer);
  BOOST_TEST((answer.failure().code == error_code::not_found));
  BOOST_TEST(ask<deployment_list>(actors.catalog.get(), list_deployments{})->deployments.empty());
}

BOOST_AUTO_TEST_CASE(the_leader_fetches_model_and_golden_file_from_the_node_that_hands_the_deploy_on) {
  auto model = give("n2", "a model"), expected = give("n2", golden("[1, 2]"));
  auto answer = ask_from_n2(deploy{"digits", model, toml(1), 0, expected});
  BOOST_REQUIRE(answer);
  BOOST_TEST(std::get<deployed>(*answer).version == 1U);
  BOOST_TEST(others.questions.at(0).node_id == "n2");
  BOOST_TEST(blobs.has(model));
  BOOST_TEST(blobs.has(expected));
  auto live = await_digits();
  pass_in_steps(1s, 50ms);
  BOOST_REQUIRE(live->has_value());
  BOOST_TEST(static_cast<bool>(**live));
}

BOOST_AUTO_TEST_CASE(a_check_fetches_what_it_tries) {
  auto model = give("n2", "a model"), expected = give("n2", golden("[1, 2]"));
  auto answer = ask_from_n2(validate_model{model, toml(1), expected});
  BOOST_REQUIRE(answer);
  BOOST_TEST(std::get<validation>(*answer).cases == 1U);
  BOOST_TEST(others.questions.at(0).node_id == "n2");
}

BOOST_AUTO_TEST_SUITE_END()
