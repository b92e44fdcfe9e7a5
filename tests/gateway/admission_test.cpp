#define BOOST_TEST_MODULE admission
#include "runtime/gateway/admission.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

struct fixture {
  kj_loop loop{"test", [](const std::string&) {}};
  routing_cell routes;
  real_clock time;
  gateway_options options;
  drain_gate drain;
  admission door{loop, routes, time, options, drain};

  error failure_of(std::string_view deployment) {
    auto found = door.find_target_of_request(deployment, 0);
    BOOST_REQUIRE(!found);
    return found.failure();
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(until_a_node_has_heard_what_is_served_requests_are_told_to_go_elsewhere, fixture) {
  BOOST_REQUIRE(door.closed().has_value());
  BOOST_TEST((door.closed()->code == error_code::unavailable));
  BOOST_TEST((failure_of("digits").code == error_code::unavailable));
  BOOST_TEST((door.find_target("digits", 0).failure().code == error_code::unavailable));
  routes.publish(std::make_shared<routing_table>());
  BOOST_TEST(!door.closed().has_value());
  BOOST_TEST((failure_of("digits").code == error_code::not_found));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_answer_just_now_says_why, fixture) {
  error why{error_code::unavailable, "deployment 'digits' is being started; retry in a moment"};
  auto table = std::make_shared<routing_table>();
  (*table)["digits"] = {{"digits", 3}, nullptr, why};
  routes.publish(table);
  BOOST_TEST((failure_of("digits") == why));
}

BOOST_FIXTURE_TEST_CASE(a_node_that_stops_takes_no_request_but_still_tells_of_models, fixture) {
  routes.publish(std::make_shared<routing_table>());
  drain.close();
  BOOST_TEST((failure_of("digits") == drain_gate::refusal()));
  BOOST_TEST((door.find_target("digits", 0).failure().code == error_code::not_found));
}
