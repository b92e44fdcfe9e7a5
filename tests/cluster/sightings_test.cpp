#define BOOST_TEST_MODULE sightings
#include "cluster/sightings.hpp"

#include "tests/cluster/cluster_ids.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace troupe;
using test::node_1;
using test::node_2;
using test::some_cluster;

namespace {

using addresses = std::vector<std::string>;

const std::string prefix = "seen n2 " + some_cluster + " " + node_2 + " ";

/// What node 1 knows after these lines.
addresses after(const std::vector<std::string>& lines) {
  sightings tested(some_cluster, node_1);
  for (const auto& line : lines)
    tested.take(line);
  return tested.addresses();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_member_is_kept_until_it_is_gone) {
  BOOST_TEST((after({prefix + "10.0.0.2:7551"}) == addresses{"10.0.0.2:7551"}));
  BOOST_TEST((after({prefix + "10.0.0.2:7551", "gone n2"}) == addresses{}));
  BOOST_TEST((after({prefix + "10.0.0.2:7551", "gone n3"}) == addresses{"10.0.0.2:7551"}));
}

BOOST_AUTO_TEST_CASE(what_a_member_says_anew_replaces_what_it_said) {
  BOOST_TEST((after({prefix + "10.0.0.2:7551", prefix + "[fd00::2]:7551"}) == addresses{"[fd00::2]:7551"}));
  BOOST_TEST(
      (after({prefix + "10.0.0.2:7551", "seen n2 " + std::string(32, 'f') + " " + node_2 + " 10.0.0.2:7551"}) == addresses{}));
}

BOOST_AUTO_TEST_CASE(an_address_that_several_names_tell_is_there_once) {
  BOOST_TEST((after({prefix + "n2.example.com:1", "seen other " + some_cluster + " " + node_2 + " n2.example.com:1"})
              == addresses{"n2.example.com:1"}));
}

BOOST_AUTO_TEST_CASE(other_clusters_and_this_node_itself_are_passed_over) {
  BOOST_TEST((after({"seen n9 " + std::string(32, 'f') + " " + node_2 + " 10.0.0.9:7551"}) == addresses{}));
  BOOST_TEST((after({"seen n1 " + some_cluster + " " + node_1 + " 10.0.0.1:7551"}) == addresses{}));
}

BOOST_AUTO_TEST_CASE(garbage_is_passed_over) {
  for (std::string address :
       {"", "10.0.0.2", "10.0.0.2:0", "10.0.0.2:65536", "10.0.0.2:x", ":7551", "0.0.0.0:7551", "[::]:7551", "::1:7551",
        "10.0.0.2:7551 and more", "ho\tst:7551", "a\x1b[2Jb:7551", "h\xc3\xa4:7551", "unix:/run/x:1"})
    BOOST_TEST((after({prefix + address}) == addresses{}), address);
  for (const std::string& line : std::vector<std::string>{
           "", " ", "seen", "seen ", "seen n2", "seen n2 ", "gone", "gone ", "see n2", "SEEN n2 a b c",
           "seen n2 " + some_cluster + " node-2 10.0.0.2:7551", "seen n2 " + some_cluster + " " + node_2,
           "seen  " + some_cluster + " " + node_2 + " 10.0.0.2:7551", std::string(100'000, ' '), std::string(100'000, 'x')})
    BOOST_TEST((after({line}) == addresses{}), line.substr(0, 100));
}

BOOST_AUTO_TEST_CASE(a_line_over_its_limit_is_passed_over) {
  auto host = std::string(sightings::line_bytes_max, 'h');
  BOOST_TEST((after({prefix + host + ":7551"}) == addresses{}));
}

BOOST_AUTO_TEST_CASE(a_flood_drives_nobody_out_and_ends_at_the_limit) {
  sightings tested(some_cluster, node_1);
  tested.take(prefix + "10.0.0.2:7551");
  for (int i = 0; i < 1000; ++i)
    tested.take("seen flood-" + std::to_string(i) + " " + some_cluster + " " + node_2 + " 10.1.0.1:" + std::to_string(1 + i));
  auto kept = tested.addresses();
  BOOST_TEST(kept.size() == sightings::kept_max);
  BOOST_TEST((std::find(kept.begin(), kept.end(), "10.0.0.2:7551") != kept.end()));
  tested.take("gone flood-0");
  tested.take("seen n3 " + some_cluster + " " + node_2 + " 10.0.0.3:7551");
  kept = tested.addresses();
  BOOST_TEST((std::find(kept.begin(), kept.end(), "10.0.0.3:7551") != kept.end()));
  tested.forget();
  BOOST_TEST(tested.addresses().empty());
}
