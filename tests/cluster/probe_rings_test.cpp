#define BOOST_TEST_MODULE probe_rings
#include "cluster/probe_rings.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace troupe;

namespace {

constexpr std::size_t rings = 3;

std::vector<std::string> ids_of(std::size_t count, std::uint64_t seed) {
  rng random(seed);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i)
    ids.push_back(std::to_string(random.next()));
  return ids;
}

std::vector<ring_member> members_of(const std::vector<std::string>& ids) {
  std::vector<ring_member> members;
  for (const auto& id : ids)
    members.push_back({id, false});
  return members;
}

/// By whom each is watched.
std::map<std::string, std::set<std::string>> watchers_in(const std::vector<ring_member>& members) {
  std::map<std::string, std::set<std::string>> watchers;
  for (const auto& one : members)
    for (auto index : watched_by(one.id, members, rings))
      watchers[std::string(members[index].id)].emplace(one.id);
  return watchers;
}

} // namespace

BOOST_AUTO_TEST_CASE(who_is_alone_or_no_member_watches_nobody) {
  BOOST_TEST(watched_by("a", {}, rings).empty());
  BOOST_TEST(watched_by("a", {{"a"}}, rings).empty());
  BOOST_TEST(watched_by("x", {{"a"}, {"b"}}, rings).empty());
}

BOOST_AUTO_TEST_CASE(each_member_is_watched_by_three_others_or_by_all_if_there_are_fewer) {
  for (std::size_t count = 2; count <= 40; ++count) {
    auto ids = ids_of(count, count);
    auto watchers = watchers_in(members_of(ids));
    for (const auto& id : ids) {
      BOOST_TEST(watchers[id].size() == std::min(rings, count - 1));
      BOOST_TEST(watchers[id].count(id) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(nobody_in_a_large_cluster_watches_many_more_than_three) {
  auto ids = ids_of(500, 1);
  auto members = members_of(ids);
  std::size_t most = 0;
  for (const auto& id : ids)
    most = std::max(most, watched_by(id, members, rings).size());
  BOOST_TEST(most <= 5U);
}

BOOST_AUTO_TEST_CASE(the_order_of_the_list_makes_no_difference) {
  auto ids = ids_of(30, 7);
  auto members = members_of(ids);
  auto before = watchers_in(members);
  std::reverse(members.begin(), members.end());
  BOOST_TEST((watchers_in(members) == before));
}

BOOST_AUTO_TEST_CASE(when_a_member_goes_the_watchers_of_few_others_change) {
  auto ids = ids_of(200, 3);
  auto before = watchers_in(members_of(ids));
  auto gone = ids.back();
  ids.pop_back();
  auto after = watchers_in(members_of(ids));
  std::size_t changed = 0;
  for (const auto& id : ids)
    changed += before[id] == after[id] ? 0 : 1;
  BOOST_TEST(changed <= 2 * rings);
}

BOOST_AUTO_TEST_CASE(a_suspect_watches_on_and_whoever_it_watches_gets_another_watcher_besides) {
  auto ids = ids_of(50, 5);
  auto members = members_of(ids);
  auto before = watchers_in(members);
  members[0].suspect = true;
  for (const auto& [id, watchers] : watchers_in(members)) {
    auto more = before[id].count(ids[0]) != 0 && id != ids[0];
    BOOST_TEST(watchers.size() >= before[id].size() + (more ? 1 : 0));
    for (const auto& watcher : before[id])
      if (watcher == ids[0])
        BOOST_TEST(watchers.count(watcher) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(however_many_are_suspects_nobody_watches_more_than_a_few) {
  auto ids = ids_of(500, 9);
  auto members = members_of(ids);
  for (auto& one : members)
    one.suspect = one.id != ids[0];
  BOOST_TEST(watched_by(ids[0], members, rings).size() <= 4 * rings + 4);
}
