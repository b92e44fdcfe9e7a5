#define BOOST_TEST_MODULE gossip_queue
#include "cluster/gossip_queue.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

std::string text(const std::vector<node_id>& ids) {
  std::string out;
  for (const auto& id : ids)
    out += id;
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(where_nothing_is_new_nothing_is_told) {
  gossip_queue queue;
  BOOST_TEST(queue.next(16, 5).empty());
}

BOOST_AUTO_TEST_CASE(what_was_told_least_often_comes_first_and_the_newest_before_the_older) {
  gossip_queue queue;
  for (const char* id : {"a", "b", "c"})
    queue.add(id);
  BOOST_TEST(text(queue.next(2, 9)) == "cb");
  BOOST_TEST(text(queue.next(2, 9)) == "ac");
  queue.add("d");
  BOOST_TEST(text(queue.next(4, 9)) == "dbac");
}

BOOST_AUTO_TEST_CASE(news_are_dropped_when_they_were_told_often_enough) {
  gossip_queue queue;
  queue.add("a");
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(text(queue.next(16, 3)) == "a");
  BOOST_TEST(queue.next(16, 3).empty());
  BOOST_TEST(queue.size() == 0U);
}

BOOST_AUTO_TEST_CASE(newer_news_of_a_member_are_told_as_often_as_if_there_had_been_none_before) {
  gossip_queue queue;
  queue.add("a");
  (void)queue.next(16, 2);
  queue.add("a");
  BOOST_TEST(queue.size() == 1U);
  BOOST_TEST(text(queue.next(16, 2)) == "a");
  BOOST_TEST(text(queue.next(16, 2)) == "a");
  BOOST_TEST(queue.next(16, 2).empty());
}

BOOST_AUTO_TEST_CASE(tellings_grow_with_the_logarithm_of_the_members) {
  const std::pair<std::size_t, std::size_t> rows[] = {{0, 0}, {1, 3}, {3, 6}, {7, 9}, {1000, 30}};
  for (auto [members, tellings] : rows)
    BOOST_TEST(gossip_tellings(members) == tellings);
}
