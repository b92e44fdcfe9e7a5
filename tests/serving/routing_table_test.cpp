#define BOOST_TEST_MODULE routing_table
#include "runtime/serving/routing_table.hpp"
#include "tests/support/collected_events.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace troupe;

namespace {

struct fixture {
  real_clock time;
  collected_events events;
  routing_cell cell;

  std::shared_ptr<pool> make_pool(version_number number) {
    return std::make_shared<pool>(version_id{"digits", number}, model_spec{}, time, events);
  }
  void publish(version_number number) {
    routing_table table;
    table["digits"] = {{"digits", number}, std::make_shared<spread>(version_id{"digits", number}, model_spec{}, time, 1)};
    cell.publish(std::make_shared<routing_table>(std::move(table)));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(routing_table_suite, fixture)

BOOST_AUTO_TEST_CASE(an_empty_cell_routes_nothing) {
  routing_view view(cell);
  BOOST_TEST((view.find("digits") == nullptr));
}

BOOST_AUTO_TEST_CASE(a_view_sees_what_was_published_last) {
  routing_view view(cell);
  for (version_number number : {1U, 2U}) {
    publish(number);
    BOOST_REQUIRE((view.find("digits") != nullptr));
    BOOST_TEST(view.find("digits")->version.number == number);
  }
  BOOST_TEST((view.find("digit") == nullptr));
  cell.publish(std::make_shared<routing_table>());
  BOOST_TEST((view.find("digits") == nullptr));
}

BOOST_AUTO_TEST_CASE(a_view_on_another_thread_never_goes_back) {
  std::atomic<bool> done{false};
  std::atomic<bool> went_back{false};
  std::thread reader([&] {
    routing_view view(cell);
    version_number last = 0;
    while (!done) {
      auto found = view.find("digits");
      auto number = found == nullptr ? 0 : found->version.number;
      went_back = went_back || number < last;
      last = number;
    }
  });
  for (version_number number = 1; number <= 2000; ++number)
    publish(number);
  done = true;
  reader.join();
  BOOST_TEST(!went_back);
  routing_view view(cell);
  BOOST_TEST(view.find("digits")->version.number == 2000U);
}

BOOST_AUTO_TEST_CASE(enlisted_pools_are_found_without_a_route_until_they_are_gone) {
  auto kept = make_pool(1);
  cell.enlist(kept);
  cell.enlist(make_pool(2));
  BOOST_REQUIRE(cell.pools().size() == 1U);
  BOOST_TEST((cell.pools().front() == kept));
}

BOOST_AUTO_TEST_CASE(the_newest_pool_of_a_version_is_found) {
  auto older = make_pool(1);
  auto newer = make_pool(1);
  auto other = make_pool(2);
  for (const auto& each : {older, newer, other})
    cell.enlist(each);
  BOOST_TEST((cell.find_pool({"digits", 1}) == newer));
  BOOST_TEST((cell.find_pool({"digits", 3}) == nullptr));
  newer.reset();
  BOOST_TEST((cell.find_pool({"digits", 1}) == older));
}

BOOST_AUTO_TEST_CASE(a_target_is_known_from_its_publication_until_nobody_holds_it) {
  publish(1);
  auto first = cell.targets();
  BOOST_REQUIRE(first.size() == 1U);
  publish(2);
  BOOST_TEST(cell.targets().size() == 2U);
  first.clear();
  BOOST_TEST(cell.targets().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
