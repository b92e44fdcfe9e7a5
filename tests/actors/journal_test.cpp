#define BOOST_TEST_MODULE journal
#include "actors/journal.hpp"
#include "tests/actors/tree_fixture.hpp"

using namespace troupe;

BOOST_FIXTURE_TEST_SUITE(journal_suite, tree_fixture)

BOOST_AUTO_TEST_CASE(events_wait_while_the_disk_is_full_and_are_written_once_it_is_not) {
  auto journal = actors.journal.get();
  records.full = true;
  caf::anon_send(journal, note_event{{time.wall_now(), severity::warn, "happened", {{"deployment", "digits"}}}});
  settle();
  pass_in_steps(1s, journal_state::batch_delay);
  BOOST_TEST(ask<event_list>(journal, query_events{"", 10, {}})->events.empty());
  BOOST_TEST(ask<actor_status>(journal, get_status{})->detail == "the disk is full");
  records.full = false;
  pass_in_steps(1s, journal_state::batch_delay);
  BOOST_TEST(log.read(10, {}, "digits")->size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_oldest_events_are_lost_and_counted_when_too_many_wait) {
  auto journal = actors.journal.get();
  records.full = true;
  for (std::size_t i = 0; i < journal_state::waiting_max + 5; ++i)
    caf::anon_send(journal, note_event{{time.wall_now(), severity::info, "e" + std::to_string(i), {}}});
  settle();
  pass_in_steps(1s, journal_state::batch_delay);
  BOOST_TEST(ask<actor_status>(journal, get_status{})->detail == "the disk is full; 5 events were lost");
  records.full = false;
  pass_in_steps(1s, journal_state::batch_delay);
  BOOST_TEST(ask<event_list>(journal, query_events{"", 1, {}})->events.at(0).name == "e10004");
}

BOOST_AUTO_TEST_CASE(a_query_sees_what_was_noted_before_it) {
  auto journal = actors.journal.get();
  for (const char* deployment : {"digits", "faces"})
    caf::anon_send(journal, note_event{{time.wall_now(), severity::info, "happened", {{"deployment", deployment}}}});
  BOOST_TEST(ask<event_list>(journal, query_events{"faces", 10, {}})->events.size() == 1U);
  BOOST_TEST(ask<event_list>(journal, query_events{"", 10, {}})->events.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
