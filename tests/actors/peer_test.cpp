#define BOOST_TEST_MODULE peer
#include "actors/errors.hpp"
#include "actors/peer.hpp"

#include "tests/actors/asking_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// On node 1, which leads: what stands for node 2.
struct peer_fixture : asking_fixture {
  peer_actor tested;

  peer_fixture() {
    board.set(node_2, {"n2", "10.0.0.2:7551", true, 0, false});
    tested = sys.spawn(peer, std::cref(node), node_2);
  }
  ~peer_fixture() override {
    caf::anon_send_exit(tested, caf::exit_reason::user_shutdown);
    wire.asked.clear();
    settle();
  }

  kept_answer<assignment_taken> hand_over(std::uint64_t revision) {
    return ask_later<assignment_taken>(tested, assignment{{1, node_1, ""}, revision, {}, {}});
  }
  void node_answers(const result<peer_answer>& answer) {
    wire.answer_all<assignment>([&](const std::string&, const assignment&) { return answer; });
    settle();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(peer_suite, peer_fixture)

BOOST_AUTO_TEST_CASE(an_assignment_goes_to_where_the_node_is_now) {
  hand_over(1);
  BOOST_TEST(wire.asked.back().whom.node_id == node_2);
  BOOST_TEST(wire.asked.back().whom.address == "10.0.0.2:7551");
  board.set(node_2, {"n2", "10.0.0.9:7551", true, 0, false});
  hand_over(2);
  BOOST_TEST(wire.asked.back().whom.address == "10.0.0.9:7551");
  BOOST_TEST(std::get<assignment>(wire.asked.back().what).revision == 2U);
}

BOOST_AUTO_TEST_CASE(what_the_node_answers_comes_back) {
  auto answer = hand_over(1);
  node_answers(peer_answer(assignment_taken{{2, node_2, "signed"}, false}));
  BOOST_REQUIRE(answer->has_value());
  BOOST_TEST(!answer->value()->taken);
  BOOST_TEST(answer->value()->by.epoch == 2U);
}

BOOST_AUTO_TEST_CASE(an_error_and_an_answer_to_something_else_are_errors) {
  auto broken = hand_over(1);
  node_answers(error{error_code::unavailable, "the connection broke"});
  BOOST_REQUIRE(broken->has_value());
  BOOST_TEST((to_error(broken->value().error()) == error{error_code::unavailable, "the connection broke"}));
  auto mistaken = hand_over(2);
  node_answers(peer_answer(done{}));
  BOOST_REQUIRE(mistaken->has_value());
  BOOST_TEST((to_error(mistaken->value().error()).code == error_code::internal));
}

BOOST_AUTO_TEST_SUITE_END()
