#define BOOST_TEST_MODULE member_table
#include "cluster/member_table.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using state = member_state;

const steady_time noon{12h};

member_news news(const node_id& id, std::uint64_t incarnation, state at = state::alive) {
  member_news made;
  made.id = id;
  made.incarnation = incarnation;
  made.state = at;
  return made;
}

member_news any_news(rng& random) {
  return news(std::string(1, static_cast<char>('a' + random.below(4))), 1 + random.below(4), static_cast<state>(random.below(5)));
}

} // namespace

BOOST_AUTO_TEST_CASE(news_are_stale_unless_their_incarnation_is_higher_or_at_the_same_one_their_state_later) {
  struct {
    std::uint64_t told;
    state told_state;
    std::uint64_t known;
    state known_state;
    bool supersedes;
  } const rows[] = {
      {1, state::alive, 1, state::alive, false},     {1, state::alive, 1, state::suspect, false},
      {1, state::suspect, 1, state::dead, false},    {1, state::dead, 2, state::alive, false},
      {1, state::left, 2, state::suspect, false},    {9, state::alive, 1, state::removed, false},
      {9, state::removed, 1, state::removed, false}, {1, state::suspect, 1, state::alive, true},
      {1, state::dead, 1, state::suspect, true},     {1, state::left, 1, state::dead, true},
      {2, state::alive, 1, state::dead, true},       {2, state::alive, 1, state::left, true},
      {1, state::removed, 9, state::alive, true},
  };
  for (const auto& row : rows)
    BOOST_TEST(supersedes(news("a", row.told, row.told_state), news("a", row.known, row.known_state)) == row.supersedes,
               row.told << to_string(row.told_state) << " told, " << row.known << to_string(row.known_state) << " known");
}

BOOST_AUTO_TEST_CASE(a_verdict_on_a_stranger_or_back_to_an_earlier_state_changes_nothing) {
  member_table table(news("me", 1), noon);
  BOOST_TEST(!table.judge("a", state::suspect, "", noon));
  table.adopt(news("a", 1, state::dead), "", noon);
  BOOST_TEST(!table.judge("a", state::suspect, "", noon));
  BOOST_TEST((table.find("a")->news.state == state::dead));
}

BOOST_AUTO_TEST_CASE(a_change_tells_from_what_to_what_and_why_and_a_higher_incarnation_alone_is_none) {
  member_table table(news("me", 1), noon);
  BOOST_TEST(table.take_changes().empty());
  table.adopt(news("a", 1), "came", noon);
  table.adopt(news("a", 2), "", noon);
  table.judge("a", state::suspect, "silent", noon + 1s);
  auto changes = table.take_changes();
  BOOST_REQUIRE(changes.size() == 2U);
  BOOST_TEST(!changes[0].from.has_value());
  BOOST_TEST((changes[1].from == state::alive && changes[1].to == state::suspect));
  BOOST_TEST(changes[1].why == "silent");
  BOOST_TEST((table.find("a")->since == noon + 1s));
  BOOST_TEST(table.take_changes().empty());
}

BOOST_AUTO_TEST_CASE(states_never_go_back_at_equal_incarnation_whatever_is_heard) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    rng random(seed);
    member_table table(news("me", 1), noon);
    std::map<node_id, member_news> before;
    for (int i = 0; i < 60; ++i) {
      auto told = any_news(random);
      table.adopt(told, "", noon);
      auto now = table.find(told.id)->news;
      auto& last = before.emplace(told.id, now).first->second;
      BOOST_REQUIRE((last.state != state::removed || now.state == state::removed));
      BOOST_REQUIRE((now.state == state::removed || now.incarnation > last.incarnation
                     || (now.incarnation == last.incarnation && now.state >= last.state)));
      last = now;
    }
  }
}

BOOST_AUTO_TEST_CASE(the_order_in_which_news_come_makes_no_difference_in_the_end) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    rng random(seed);
    std::vector<member_news> all;
    for (int i = 0; i < 20; ++i)
      all.push_back(any_news(random));
    member_table one(news("me", 1), noon), other(news("me", 1), noon);
    for (const auto& told : all)
      one.adopt(told, "", noon);
    for (auto i = all.size(); i > 1; --i)
      std::swap(all[i - 1], all[random.below(i)]);
    for (const auto& told : all)
      other.adopt(told, "", noon);
    BOOST_REQUIRE(one.digest() == other.digest());
    for (const auto& [id, known] : one.all())
      BOOST_REQUIRE((known.news.state == other.find(id)->news.state));
  }
}

BOOST_AUTO_TEST_CASE(newer_load_is_taken_though_the_news_are_stale_and_older_load_never) {
  member_table table(news("me", 1), noon);
  auto told = news("a", 3);
  told.load = {7, 0.5, 4, 100, 200, 9};
  table.adopt(told, "", noon);
  told.load = {8, 0.9, 4, 100, 200, 9};
  BOOST_TEST(!table.adopt(told, "", noon));
  BOOST_TEST(table.find("a")->news.load.cpu_busy == 0.9);
  auto late = news("a", 3, state::suspect);
  late.load = {6, 0.1, 4, 100, 200, 9};
  BOOST_TEST(table.adopt(late, "", noon));
  BOOST_TEST(table.find("a")->news.load.cpu_busy == 0.9);
}

BOOST_AUTO_TEST_CASE(a_round_trip_follows_what_is_measured_by_an_eighth) {
  member_table table(news("me", 1), noon);
  table.adopt(news("a", 1), "", noon);
  table.add_round_trip("a", 8ms);
  BOOST_TEST((table.find("a")->round_trip == 8ms));
  table.add_round_trip("a", 16ms);
  BOOST_TEST((table.find("a")->round_trip == 9ms));
}
