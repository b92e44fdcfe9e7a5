#define BOOST_TEST_MODULE router
#include "actors/router.hpp"
#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

BOOST_FIXTURE_TEST_SUITE(router_suite, tree_fixture)

BOOST_AUTO_TEST_CASE(a_table_is_in_force_when_the_router_answers_and_survives_its_restart) {
  auto target = std::make_shared<spread>(version_id{"digits", 1}, model_spec{}, time, 1);
  auto table = std::make_shared<routing_table>();
  (*table)["digits"] = {{"digits", 1}, target, {}};
  BOOST_REQUIRE(ask<done>(actors.router.get(), set_routes{table}));
  BOOST_TEST(routed() == 1U);
  BOOST_REQUIRE(ask<child_up>(root, restart_child{"router"}));
  BOOST_TEST(routed() == 1U);
  BOOST_REQUIRE(ask<done>(actors.router.get(), set_routes{std::make_shared<routing_table>()}));
  BOOST_TEST(routed() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
