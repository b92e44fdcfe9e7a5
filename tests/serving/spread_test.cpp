#define BOOST_TEST_MODULE spread
#include "tests/serving/spread_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(choice, spread_fixture)

BOOST_AUTO_TEST_CASE(a_version_without_a_place_is_unavailable) {
  auto asked = ask(1);
  BOOST_REQUIRE(failed(*asked, error_code::unavailable));
  BOOST_TEST(asked->failure->message == "version 3 of 'digits' has no replica on any node just now; retry in a moment");
}

BOOST_AUTO_TEST_CASE(a_version_that_only_suspects_run_is_unavailable_and_says_where_it_runs) {
  open_remotes({"n2", "n3"});
  tell("n2", false);
  tell("n3", false);
  auto asked = ask(1);
  BOOST_REQUIRE(failed(*asked, error_code::unavailable));
  BOOST_TEST(asked->failure->message
             == "version 3 of 'digits' runs only on nodes that don't answer ('n2', 'n3'); retry in a moment");
  BOOST_TEST(wire.calls.empty());
}

BOOST_AUTO_TEST_CASE(a_node_of_which_nobody_has_told_and_one_without_replicas_get_nothing) {
  tell("n3", true);
  target->set_remotes({remote("n2"), remote("n3", 0)});
  BOOST_TEST(failed(*ask(1), error_code::unavailable));
  BOOST_TEST(target->replicas() == 0U);
}

BOOST_AUTO_TEST_CASE(a_suspect_gets_nothing_while_others_are_there) {
  open_remotes({"n2", "n3"});
  tell("n2", false);
  for (int i = 0; i < 20; ++i)
    ask(1);
  for (const auto& call : wire.calls)
    BOOST_TEST(call.to->peer().name() == "n3");
}

BOOST_AUTO_TEST_CASE(where_a_call_was_lost_nothing_goes_while_others_are_there_until_the_doubt_is_over) {
  auto lost = remote("n2");
  tell("n2", true);
  tell("n3", true);
  target->set_remotes({lost, remote("n3")});
  lost->doubt();
  for (int i = 0; i < 20; ++i)
    ask(1);
  for (const auto& call : wire.calls)
    BOOST_TEST(call.to->peer().name() == "n3");
  target->expire(time.now());
  BOOST_TEST(lost->doubtful());
  target->expire(time.now() + remote_pool::doubted_for);
  BOOST_TEST(!lost->doubtful());
}

BOOST_AUTO_TEST_CASE(one_in_doubt_is_better_than_none_and_an_answer_ends_the_doubt) {
  auto lost = remote("n2");
  tell("n2", true);
  target->set_remotes({lost});
  lost->doubt();
  BOOST_TEST(!target->is_reachable());
  auto asked = ask(7);
  BOOST_REQUIRE(wire.calls.size() == 1U);
  fake_forwarder::answer(wire.calls[0]);
  settle();
  BOOST_TEST(has(*asked, 7));
  BOOST_TEST(target->is_reachable());
}

BOOST_AUTO_TEST_CASE(an_idle_local_replica_comes_before_other_nodes) {
  open_remotes({"n2"});
  auto runners = open_local();
  auto asked = ask(7);
  BOOST_TEST(wire.calls.empty());
  runners[0]->finish();
  settle();
  BOOST_TEST(has(*asked, 7));
  BOOST_TEST(target->replicas() == 2U);
}

BOOST_AUTO_TEST_CASE(what_one_batch_of_an_idle_replica_holds_stays_here_and_the_rest_goes_where_less_waits) {
  open_remotes({"n2"});
  auto runners = open_local();
  for (int i = 0; i < 6; ++i)
    submit(1);
  dispatch();
  BOOST_TEST(runners[0]->held.requests.size() == 4U);
  BOOST_REQUIRE(wire.calls.size() == 1U);
  BOOST_TEST(wire.calls[0].requests.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_busy_local_replica_waits_no_longer_than_another_node_would) {
  open_remotes({"n2"});
  auto runners = open_local();
  ask(1); // runs here
  ask(2); // nothing is under way there
  BOOST_TEST(wire.calls.size() == 1U);
  ask(3); // one each: here
  BOOST_TEST(wire.calls.size() == 1U);
  tell("n2", true, 9);
  ask(4);
  BOOST_TEST(wire.calls.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_local_pool_that_lost_its_replicas_leaves_requests_to_other_nodes) {
  open_local(0);
  open_remotes({"n2"});
  ask(1);
  BOOST_TEST(wire.calls.size() == 1U);
  tell("n2", false);
  auto waits = ask(2); // until a replica is back
  BOOST_TEST(waits->times == 0);
  BOOST_TEST(target->local()->count().queued_requests == 1U);
}

BOOST_AUTO_TEST_CASE(of_two_nodes_the_one_with_less_work_a_replica_is_taken) {
  tell("n2", true, 10);
  tell("n3", true, 12);
  target->set_remotes({remote("n2", 1), remote("n3", 4)});
  for (int i = 0; i < 10; ++i)
    ask(1);
  for (const auto& call : wire.calls)
    BOOST_TEST(call.to->peer().name() == "n3");
}

BOOST_AUTO_TEST_CASE(requests_are_spread_over_equal_nodes) {
  open_remotes({"n2", "n3", "n4", "n5"});
  for (int i = 0; i < 400; ++i)
    ask(1);
  std::map<std::string, int> got;
  for (const auto& call : wire.calls)
    ++got[call.to->peer().name()];
  for (const auto& [name, count] : got)
    BOOST_TEST((count >= 90 && count <= 110), name << " got " << count);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(second_tries, spread_fixture)

BOOST_AUTO_TEST_CASE(what_a_lost_node_had_is_tried_elsewhere_and_its_late_answer_is_dropped) {
  open_remotes({"n2", "n3"});
  auto asked = ask(7);
  auto first = wire.calls.at(0).to->peer().name();
  tell(first, false);
  tick();
  BOOST_REQUIRE(wire.calls.size() == 2U);
  BOOST_TEST(wire.calls[1].to->peer().name() != first);
  answer_call(1);
  BOOST_TEST(has(*asked, 7));
  answer_call(0);
  BOOST_TEST(asked->times == 1);
  BOOST_TEST(target->quiet());
}

BOOST_AUTO_TEST_CASE(a_second_loss_is_the_answer) {
  open_remotes({"n2", "n3", "n4"});
  auto asked = ask(7);
  fail_call(0, error_code::unavailable);
  BOOST_REQUIRE(wire.calls.size() == 2U);
  BOOST_TEST(asked->times == 0);
  tell(wire.calls[1].to->peer().name(), false);
  tick();
  BOOST_REQUIRE(failed(*asked, error_code::unavailable));
  BOOST_TEST(asked->failure->message
             == "node '" + wire.calls[1].to->peer().name() + "' stopped answering with this request under way; retry");
  BOOST_TEST(wire.calls.size() == 2U);
}

BOOST_AUTO_TEST_CASE(without_another_place_the_first_loss_is_the_answer) {
  open_remotes({"n2"});
  auto asked = ask(7);
  fail_call(0, error_code::unavailable);
  BOOST_REQUIRE(failed(*asked, error_code::unavailable));
  BOOST_TEST(asked->failure->message == "as told");
}

BOOST_AUTO_TEST_CASE(other_errors_are_answers) {
  open_remotes({"n2", "n3"});
  for (int code = 1; code < static_cast<int>(error_code_count); ++code) {
    if (static_cast<error_code>(code) == error_code::unavailable)
      continue;
    auto asked = ask(7);
    fail_call(wire.calls.size() - 1, static_cast<error_code>(code));
    BOOST_TEST(failed(*asked, static_cast<error_code>(code)));
  }
}

BOOST_AUTO_TEST_CASE(what_is_past_its_deadline_is_refused_here_whatever_the_node_says_later) {
  open_remotes({"n2", "n3"});
  auto asked = ask(7, 100ms);
  pass(99ms);
  BOOST_TEST(asked->times == 0);
  pass(1ms);
  BOOST_TEST(failed(*asked, error_code::deadline_exceeded));
  answer_call(0);
  BOOST_TEST(asked->times == 1);
  BOOST_TEST(wire.calls.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_lost_at_its_deadline_is_not_tried_again) {
  open_remotes({"n2", "n3"});
  auto asked = ask(7, 100ms);
  time.move_to(time.now() + 100ms);
  fail_call(0, error_code::unavailable);
  BOOST_TEST(failed(*asked, error_code::unavailable));
  BOOST_TEST(wire.calls.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_closed_local_pool_hands_on_what_comes_and_counts_no_failure) {
  auto runners = open_local();
  auto local = target->local();
  local->close(false);
  open_remotes({"n2"});
  auto asked = ask(7);
  settle();
  BOOST_REQUIRE(wire.calls.size() == 1U);
  answer_call(0);
  BOOST_TEST(has(*asked, 7));
  BOOST_TEST(local->count().failures == 0U);
}

BOOST_AUTO_TEST_CASE(a_local_pool_that_refuses_what_waits_hands_it_on_in_one_call) {
  open_local(0);
  auto local = target->local();
  auto one = ask(7);
  auto two = ask(8);
  open_remotes({"n2"});
  local->close(true);
  settle();
  BOOST_REQUIRE(wire.calls.size() == 1U);
  BOOST_TEST(wire.calls[0].requests.size() == 2U);
  answer_call(0);
  BOOST_TEST(has(*one, 7));
  BOOST_TEST(has(*two, 8));
}

BOOST_AUTO_TEST_CASE(a_closed_local_pool_without_another_place_refuses) {
  open_local();
  target->local()->close(false);
  auto asked = ask(7);
  BOOST_TEST(failed(*asked, error_code::unavailable));
  BOOST_TEST(target->local()->count().failures == 1U);
}

BOOST_AUTO_TEST_CASE(a_request_that_another_node_gives_back_runs_here) {
  open_local(0);
  open_remotes({"n2"});
  auto asked = ask(7);
  auto runner = std::make_shared<hand_runner>(*target->local());
  target->local()->attach(runner);
  fail_call(0, error_code::unavailable);
  BOOST_REQUIRE(runner->busy());
  runner->finish();
  settle();
  BOOST_TEST(has(*asked, 7));
}

BOOST_AUTO_TEST_CASE(a_crash_on_another_node_counts_here) {
  open_local(0);
  open_remotes({"n2"});
  auto asked = ask(7);
  auto runner = std::make_shared<hand_runner>(*target->local());
  target->local()->attach(runner);
  fail_call(0, error_code::unavailable, 1);
  BOOST_REQUIRE(runner->busy());
  BOOST_TEST(runner->held.requests[0]->alone);
  runner->die();
  settle();
  BOOST_TEST(failed(*asked, error_code::poisoned));
}

BOOST_AUTO_TEST_CASE(crashes_are_told_to_the_next_node) {
  open_remotes({"n2", "n3"});
  ask(7);
  fail_call(0, error_code::unavailable, 1);
  BOOST_REQUIRE(wire.calls.size() == 2U);
  BOOST_TEST(wire.calls[1].requests[0].crashes == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(changes, spread_fixture)

BOOST_AUTO_TEST_CASE(what_is_under_way_to_a_node_that_is_no_place_any_longer_is_still_answered) {
  open_remotes({"n2"});
  auto asked = ask(7);
  target->set_remotes({});
  BOOST_TEST(!target->quiet());
  answer_call(0);
  BOOST_TEST(has(*asked, 7));
  BOOST_TEST(target->quiet());
}

BOOST_AUTO_TEST_CASE(what_is_under_way_to_a_node_that_is_no_place_any_longer_moves_on_once_it_is_lost) {
  open_remotes({"n2"});
  auto asked = ask(7);
  target->set_remotes({});
  open_remotes({"n3"});
  tell("n2", false);
  tick();
  BOOST_REQUIRE(wire.calls.size() == 2U);
  answer_call(1);
  BOOST_TEST(has(*asked, 7));
}

BOOST_AUTO_TEST_CASE(a_spread_that_is_closed_refuses_what_is_under_way_and_forwards_nothing_more) {
  open_remotes({"n2", "n3"});
  auto asked = ask(7);
  auto waiting = submit(8); // not yet sent
  BOOST_TEST(!target->quiet());
  target->close();
  settle();
  BOOST_TEST(failed(*asked, error_code::unavailable));
  BOOST_TEST(failed(*waiting, error_code::unavailable));
  BOOST_TEST(target->quiet());
  BOOST_TEST(failed(*ask(9), error_code::unavailable));
  open_remotes({"n4"});
  BOOST_TEST(failed(*ask(9), error_code::unavailable));
  BOOST_TEST(wire.calls.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_request_on_its_way_to_another_place_counts_as_work) {
  open_remotes({"n2", "n3"});
  ask(7);
  auto first = wire.calls[0];
  loop.run([&] { fake_forwarder::fail(first, error_code::unavailable); });
  BOOST_TEST(!target->quiet());
  settle();
  BOOST_TEST(wire.calls.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
