#define BOOST_TEST_MODULE peer_tls
#include "tests/gateway/cluster_fixture.hpp"

using namespace troupe;

namespace {

std::string why_not(tls_asker& asker, const peer_port& port, const std::string& whom = node_1) {
  auto why = asker.ask({whom, port.door.address()}, 1).failure();
  bool turned_away = why.message.find("refuses this node: ") != std::string::npos;
  BOOST_TEST((why.code == (turned_away ? error_code::permission_denied : error_code::unavailable)));
  return why.message;
}

std::string cannot_reach(const peer_port& port, const std::string& why, const std::string& whom = node_1) {
  return "cannot reach node " + whom + " at " + port.door.address() + ": " + why;
}

} // namespace

BOOST_AUTO_TEST_SUITE(peer_tls_suite)

BOOST_AUTO_TEST_CASE(who_is_not_of_the_cluster_learns_why_it_is_refused) {
  test_cluster cluster;
  test_cluster other;
  peer_port n1(cluster, node_1);
  tls_asker foreign(node_2, other.identity_of(node_2));
  BOOST_TEST(why_not(foreign, n1) == cannot_reach(n1, "its certificate is not of this cluster"));
  auto forged = other.identity_of(node_2);
  forged.authority = cluster.owner.certificate_pem();
  tls_asker impostor(node_2, forged);
  BOOST_TEST(why_not(impostor, n1) == cannot_reach(n1, "it refuses this node's certificate: it is of another cluster"));
  tls_asker stranger(node_2, cluster.stranger());
  BOOST_TEST(why_not(stranger, n1) == cannot_reach(n1, "it talks only to members of its cluster: this end shows no certificate"));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_has_ended_is_refused_with_a_hint_at_the_clock) {
  test_cluster cluster;
  peer_port n1(cluster, node_1);
  tls_asker late(node_2, cluster.identity_of(node_2, 24h, 25h));
  BOOST_TEST(why_not(late, n1)
             == cannot_reach(n1, "it refuses this node's certificate, which has ended; or its clock or this machine's is wrong"));
}

BOOST_AUTO_TEST_CASE(another_node_than_was_dialled_is_not_asked) {
  test_cluster cluster;
  peer_port n1(cluster, node_1);
  tls_asker n2(node_2, cluster.identity_of(node_2));
  BOOST_TEST(why_not(n2, n1, node_3) == cannot_reach(n1, "another node answers there", node_3));
}

BOOST_AUTO_TEST_CASE(a_node_that_calls_itself_otherwise_or_greets_with_another_certificate_is_refused) {
  test_cluster cluster;
  peer_port n1(cluster, node_1);
  tls_asker n2(node_3, cluster.identity_of(node_2));
  BOOST_TEST(why_not(n2, n1)
             == "node " + node_1 + " refuses this node: it calls itself " + node_3 + ", but its certificate is node " + node_2
                    + "'s");
}

BOOST_AUTO_TEST_CASE(a_removed_node_is_cut_off_and_refused_though_its_certificate_is_good) {
  test_cluster cluster;
  peer_port n1(cluster, node_1);
  tls_asker n2(node_2, cluster.identity_of(node_2));
  BOOST_TEST(n2.ask(n1.address(), 7).epoch() == 7U);
  auto open = n2.ask(n1.address(), never_answered);
  BOOST_TEST(n2.ask(n1.address(), 8).epoch() == 8U);
  n1.remove(node_2);
  BOOST_TEST((open.failure().code == error_code::deadline_exceeded));
  BOOST_TEST(why_not(n2, n1) == "node " + node_1 + " refuses this node: it was removed from the cluster");
}

BOOST_AUTO_TEST_CASE(a_connection_ends_with_a_certificate_and_the_renewed_one_opens_the_next) {
  test_cluster cluster;
  peer_port n1(cluster, node_1);
  tls_asker n2(node_2, cluster.identity_of(node_2, 2s));
  auto open = n2.ask(n1.address(), never_answered);
  BOOST_TEST(n2.ask(n1.address(), 7).epoch() == 7U);
  n2.identity.set(cluster.identity_of(node_2));
  BOOST_TEST((open.failure().code == error_code::deadline_exceeded));
  BOOST_TEST(n2.ask(n1.address(), 8).epoch() == 8U);
}

BOOST_AUTO_TEST_CASE(nodes_ask_each_other_over_tls) {
  test_cluster cluster;
  peer_port n1(cluster, node_1);
  peer_port n3(cluster, node_3);
  tls_asker n2(node_2, cluster.identity_of(node_2));
  std::vector<asked> questions;
  for (std::uint64_t i = 1000; i < 1200; ++i)
    questions.push_back(n2.ask(i % 2 ? n1.address() : n3.address(), i));
  std::uint64_t expected = 1000;
  for (auto& each : questions)
    BOOST_TEST(each.epoch() == expected++);
  BOOST_TEST(n1.events.count("cluster_connection_refused") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
