#define BOOST_TEST_MODULE log_store
#include "storage/log_store.hpp"
#include "storage/memory_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

wall_time at(std::int64_t seconds) {
  return wall_time(std::chrono::seconds(seconds));
}

event happened(std::int64_t seconds, const std::string& name, const std::string& deployment = "digits") {
  return {at(seconds), severity::info, name, {{"deployment", deployment}}};
}

std::string names(const result<std::vector<event>>& events) {
  std::string text;
  for (const auto& e : events.value())
    text += e.name + " ";
  return text;
}

struct fixture {
  memory_store disk;
  log_store log = log_store::open(disk, log_store::events_max).value();

  std::string all() { return names(log.read(100, at(0), "")); }
  std::size_t stored() { return log.read(log_store::read_events_max, at(0), "")->size(); }
};

std::vector<event> many(std::uint64_t count) {
  std::vector<event> events;
  for (std::uint64_t i = 0; i < count; ++i)
    events.push_back(happened(1, "e" + std::to_string(i)));
  return events;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_garbled_event_is_corrupt, fixture) {
  disk.commit(transaction().put(column_family::events, event_key({1, 1}), "garbage")).value();
  BOOST_TEST((log.read(1, at(0), "").failure().code == error_code::corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_garbled_key_is_corrupt, fixture) {
  disk.commit(transaction().put(column_family::events, "short", "garbage")).value();
  BOOST_TEST((log_store::open(disk, log_store::events_max).failure().code == error_code::corrupt));
}

BOOST_FIXTURE_TEST_CASE(an_event_too_large_to_store_is_refused, fixture) {
  BOOST_TEST((log.append({happened(1, std::string(store_limits::value_bytes_max, 'x'))}).failure().code
              == error_code::invalid_argument));
  BOOST_TEST(log.append({happened(1, "next")}).ok());
  BOOST_TEST(all() == "next ");
}

BOOST_FIXTURE_TEST_CASE(events_come_oldest_first_and_the_newest_are_kept_by_a_limit, fixture) {
  BOOST_TEST(log.append({happened(1, "a"), happened(2, "b"), happened(3, "c")}).ok());
  BOOST_TEST(all() == "a b c ");
  BOOST_TEST(names(log.read(2, at(0), "")) == "b c ");
  BOOST_TEST(names(log.read(0, at(0), "")) == "");
}

BOOST_FIXTURE_TEST_CASE(events_are_filtered_by_time_and_deployment, fixture) {
  BOOST_TEST(log.append({happened(1, "a"), happened(2, "b", "cats"), happened(3, "c"), happened(4, "d", "cats")}).ok());
  BOOST_TEST(names(log.read(9, at(2), "")) == "b c d ");
  BOOST_TEST(names(log.read(9, at(0), "cats")) == "b d ");
  BOOST_TEST(names(log.read(1, at(0), "digits")) == "c ");
  BOOST_TEST(names(log.read(9, at(0), "", 2)) == "c d ");
  BOOST_TEST(log.read(9, at(0), "", 2)->front().sequence == 3U);
  BOOST_TEST(names(log.read(9, at(0), "", 4)) == "");
  BOOST_TEST(names(log.read(9, at(4), "digits")) == "");
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_jumps_back_changes_no_order_and_overwrites_nothing, fixture) {
  BOOST_TEST(log.append({happened(1000, "a")}).ok());
  BOOST_TEST(log.append({happened(10, "b"), happened(10, "c")}).ok());
  BOOST_TEST(log.append({happened(2000, "d")}).ok());
  BOOST_TEST(all() == "a b c d ");
  BOOST_TEST(names(log.read(9, at(500), "")) == "a d "); // each event's own time counts
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_was_a_year_ahead_or_a_day_behind_hides_no_later_event, fixture) {
  constexpr std::int64_t now = 1'700'000'000, day = 86'400, year = 365 * day;
  BOOST_TEST(log.append({happened(now, "before")}).ok());
  BOOST_TEST(log.append({happened(now + year, "ahead")}).ok());
  auto again = log_store::open(disk, log_store::events_max).value(); // the node is started again meanwhile
  BOOST_TEST(again.append({happened(now + 1, "corrected"), happened(now - day, "behind"), happened(now + 2, "after")}).ok());
  BOOST_TEST(names(again.read(9, at(0), "")) == "before ahead corrected behind after ");
  BOOST_TEST(names(again.read(9, at(now + 1), "")) == "ahead corrected after ");
  BOOST_TEST(names(again.read(2, at(0), "")) == "behind after ");
}

BOOST_FIXTURE_TEST_CASE(a_clock_before_1970_is_survived, fixture) {
  BOOST_TEST(log.append({happened(-5, "a"), happened(1, "b")}).ok());
  BOOST_TEST(names(log.read(9, at(-10), "")) == "a b ");
}

BOOST_FIXTURE_TEST_CASE(a_log_opened_again_goes_on_behind_its_newest_event, fixture) {
  BOOST_TEST(log.append({happened(1000, "a"), happened(1000, "b")}).ok());
  auto again = log_store::open(disk, log_store::events_max).value();
  BOOST_TEST(again.append({happened(10, "c")}).ok());
  BOOST_TEST(names(again.read(9, at(0), "")) == "a b c ");
}

BOOST_FIXTURE_TEST_CASE(a_crash_takes_the_newest_events_at_most, fixture) {
  BOOST_TEST(log.append({happened(1, "a")}).ok());
  BOOST_TEST(log.append({happened(2, "b")}).ok());
  BOOST_TEST(disk.unsynced() == 2);
  disk.crash(1);
  auto again = log_store::open(disk, log_store::events_max).value();
  BOOST_TEST(again.append({happened(3, "c")}).ok());
  BOOST_TEST(names(again.read(9, at(0), "")) == "a c ");
}

BOOST_FIXTURE_TEST_CASE(the_oldest_events_go_in_pieces_once_there_are_too_many, fixture) {
  log = log_store::open(disk, 100).value();
  BOOST_TEST(log.append(many(100 + log_store::trim_events - 1)).ok());
  BOOST_TEST(stored() == 100 + log_store::trim_events - 1);
  BOOST_TEST(log.append({happened(1, "last")}).ok());
  BOOST_TEST(stored() == 100);
  BOOST_TEST(log.read(1, at(0), "").value().front().name == "last");
}

BOOST_FIXTURE_TEST_CASE(a_log_opened_again_still_knows_how_many_events_it_holds, fixture) {
  log = log_store::open(disk, 100).value();
  BOOST_TEST(log.append(many(100 + log_store::trim_events)).ok());
  BOOST_TEST(log.append(many(log_store::trim_events - 1)).ok());
  log = log_store::open(disk, 100).value();
  BOOST_TEST(stored() == 100 + log_store::trim_events - 1);
  BOOST_TEST(log.append(many(1)).ok());
  BOOST_TEST(stored() == 100);
}

BOOST_FIXTURE_TEST_CASE(a_read_looks_through_more_events_than_one_scan_gives, fixture) {
  BOOST_TEST(log.append({happened(1, "needle", "cats")}).ok());
  BOOST_TEST(log.append(many(3 * store_limits::scan_entries_max)).ok());
  BOOST_TEST(names(log.read(1, at(0), "cats")) == "needle ");
  BOOST_TEST(stored() == 3 * store_limits::scan_entries_max + 1);
}
