#define BOOST_TEST_MODULE remote_pool
#include "runtime/serving/traffic_split.hpp"
#include "tests/serving/spread_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// One node that is up, and its pool by itself: no other place.
struct remote_fixture : spread_fixture {
  std::shared_ptr<remote_pool> there;

  remote_fixture() {
    tell("n2", true);
    there = remote("n2", 2);
  }
  std::shared_ptr<outcome> put(float value, std::chrono::milliseconds patience = 5s) {
    auto result = std::make_shared<outcome>();
    loop.run([&] { there->submit(request(value, result, patience)); });
    return result;
  }
  void send() {
    loop.run([&] { there->dispatch(loop); });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(remote_pool_suite, remote_fixture)

BOOST_AUTO_TEST_CASE(a_closed_one_refuses) {
  there->close();
  auto asked = put(1);
  send();
  BOOST_TEST(failed(*asked, error_code::unavailable));
  BOOST_TEST(there->quiet());
}

BOOST_AUTO_TEST_CASE(what_waits_for_its_turn_is_taken_back_from_a_lost_node_too) {
  auto asked = put(1);
  tell("n2", false);
  there->expire(time.now());
  settle();
  BOOST_TEST(failed(*asked, error_code::unavailable));
  send();
  BOOST_TEST(wire.calls.empty());
}

BOOST_AUTO_TEST_CASE(what_nobody_waits_for_any_more_is_withdrawn_and_not_tried_elsewhere) {
  std::shared_ptr<outcome> asked[3];
  auto gone = std::make_shared<std::atomic<bool>>(false);
  auto split = std::make_shared<traffic_split>(split_rule{all_requests, 1, 1});
  for (auto& each : asked) {
    each = std::make_shared<outcome>();
    auto next = request(1, each);
    next->judged_by = split;
    if (&each != &asked[1])
      next->abandoned = gone;
    if (&each == &asked[2])
      send(); // the last one stays
    loop.run([&] { there->submit(std::move(next)); });
  }
  there->expire(time.now());
  BOOST_TEST(wire.withdrawn.empty());
  *gone = true;
  there->expire(time.now());
  settle();
  BOOST_TEST(failed(*asked[0], error_code::cancelled));
  BOOST_TEST(failed(*asked[2], error_code::cancelled));
  BOOST_REQUIRE(wire.calls.size() == 1U);
  BOOST_TEST(wire.withdrawn == std::vector<std::uint64_t>{wire.calls[0].requests[0].ticket});
  answer_call(0);
  BOOST_TEST(asked[0]->times == 1);
  BOOST_TEST(has(*asked[1], 1));
  send();
  BOOST_TEST(wire.calls.size() == 1U);
  BOOST_TEST(there->quiet());
  BOOST_TEST(!split->blown().has_value()); // it says nothing of the version
}

BOOST_AUTO_TEST_CASE(what_a_suspected_node_has_is_withdrawn_so_that_it_does_not_run_once_that_is_back) {
  auto asked = put(1);
  send();
  tell("n2", false);
  there->expire(time.now());
  settle();
  BOOST_TEST(failed(*asked, error_code::unavailable));
  BOOST_TEST(wire.withdrawn == std::vector<std::uint64_t>{wire.calls[0].requests[0].ticket});
}

BOOST_AUTO_TEST_CASE(an_unknown_ticket_is_ignored) {
  auto asked = put(1);
  send();
  loop.run([&] {
    there->answered(99, {});
    there->failed(99, 0, {error_code::internal, "no"});
  });
  BOOST_TEST(asked->times == 0);
  answer_call(0);
  answer_call(0);
  BOOST_TEST(has(*asked, 1));
}

BOOST_AUTO_TEST_CASE(one_that_goes_refuses_what_is_under_way) {
  auto asked = put(1);
  send();
  wire.calls.clear();
  there.reset();
  settle();
  BOOST_TEST(failed(*asked, error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(requests_of_a_turn_go_in_one_call_of_a_bounded_number) {
  for (int i = 0; i < 130; ++i)
    put(static_cast<float>(i));
  BOOST_TEST(wire.calls.empty());
  send();
  BOOST_REQUIRE(wire.calls.size() == 3U);
  BOOST_TEST(wire.calls[0].requests.size() == remote_pool::call_requests_max);
  BOOST_TEST(wire.calls[1].requests.size() == remote_pool::call_requests_max);
  BOOST_TEST(wire.calls[2].requests.size() == 2U);
  BOOST_TEST(there->work_per_replica() == 65.0);
  for (std::size_t i = 0; i < 3; ++i)
    answer_call(i);
  BOOST_TEST(there->quiet());
}

BOOST_AUTO_TEST_CASE(a_call_has_bounded_bytes_but_for_a_lone_request) {
  wire.bytes_max = 10; // an input has 4
  for (int i = 0; i < 5; ++i)
    put(1);
  send();
  BOOST_REQUIRE(wire.calls.size() == 3U);
  BOOST_TEST(wire.calls[0].requests.size() == 2U);
  wire.bytes_max = 1;
  put(1);
  put(1);
  send();
  BOOST_TEST(wire.calls.size() == 5U);
}

BOOST_AUTO_TEST_CASE(what_the_node_says_waits_there_counts_unless_ours_is_more) {
  put(1);
  tell("n2", true, 6);
  BOOST_TEST(there->work_per_replica() == 3.0);
  tell("n2", true, 0);
  BOOST_TEST(there->work_per_replica() == 0.5);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(peer_board_suite, remote_fixture)

BOOST_AUTO_TEST_CASE(a_node_of_which_nobody_has_told_is_unusable_and_called_by_its_id) {
  auto unknown = board.find("f00d");
  BOOST_TEST(!unknown->usable());
  BOOST_TEST(unknown->name() == "f00d");
  BOOST_TEST(unknown->address().empty());
}

BOOST_AUTO_TEST_CASE(who_has_found_a_node_sees_what_is_told_of_it_later) {
  auto status = board.find("f00d");
  board.set("f00d", {"n9", "10.0.0.9:7551", true, 4});
  BOOST_TEST(status->usable());
  BOOST_TEST(status->name() == "n9");
  BOOST_TEST(status->address() == "10.0.0.9:7551");
  BOOST_TEST(status->queued_requests() == 4U);
  board.set("f00d", {"n9", "10.0.0.9:7551", false, 4});
  BOOST_TEST(!status->usable());
}

BOOST_AUTO_TEST_SUITE_END()
