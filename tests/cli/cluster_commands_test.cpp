#define BOOST_TEST_MODULE cluster_commands
#include "runtime/cli/nodes_view.hpp"
#include "runtime/cli/status_view.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <capnp/message.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace troupe;
using nlohmann::json;
using test::connected;
using test::misuse;
namespace data = boost::unit_test::data;

namespace {

const misuse wrong[] = {
    {{"token"}, "ACTION is required"},
    {{"token", "steal"}, "steal not in {create,list,revoke}"},
    {{"token", "create", "--role", "king"}, "king not in {node,admin,client}"},
    {{"token", "create", "--ttl", "long"}, "'long' is no duration"},
    {{"token", "create", "0123"}, "only `troupe token revoke` takes the id of a token"},
    {{"token", "list", "--ttl", "1h"}, "only `troupe token create` takes --ttl, --uses and --role"},
    {{"token", "revoke"}, "`troupe token list` names them"},
    {{"user"}, "WHAT is required"},
    {{"user", "steal"}, "steal not in {list,revoke}"},
    {{"user", "list", "ben"}, "only `troupe user revoke` takes a name"},
    {{"user", "revoke"}, "`troupe user list` names them"},
    {{"drain"}, "NODE is required"},
    {{"remove"}, "NODE is required"},
    {{"nodes", "--interval", "1s"}, "--interval requires --watch"},
};

/// A status of two replicas of one version, the second on this node.
struct spread_status {
  capnp::MallocMessageBuilder message;
  schema::Control::StatusResults::Builder status = message.initRoot<schema::Control::StatusResults>();

  explicit spread_status(const char* second_node) {
    auto deployment = status.initDeployments(1)[0];
    deployment.setName("echo");
    auto replicas = deployment.initVersions(1)[0].initReplicas(2);
    replicas[0].setNode("node-1");
    replicas[1].setNode(second_node);
  }
  std::string text() { return status_text(status.asReader(), true, 0, false); }
};

} // namespace

BOOST_DATA_TEST_CASE(what_makes_no_sense_is_refused_before_the_node_is_asked, data::make(wrong), row) {
  connected troupe;
  BOOST_TEST(troupe.run(row.arguments) == 2);
  BOOST_TEST(troupe.err.find(row.message) != std::string::npos, troupe.err);
  BOOST_TEST(troupe.server.calls().empty());
}

BOOST_AUTO_TEST_CASE(a_node_of_an_earlier_release_is_told_of) {
  connected troupe(test::fake_node::generation::older);
  BOOST_TEST(troupe.run({"nodes"}) == 1);
  BOOST_TEST(troupe.err.find("does not know 'nodes'") != std::string::npos, troupe.err);
}

BOOST_FIXTURE_TEST_CASE(nodes_are_shown_with_the_leader_and_the_asked_one_marked, connected) {
  BOOST_TEST(run({"nodes"}) == 0);
  BOOST_TEST(out
             == "leader node-1, epoch 3\n\n"
                "NODE    ADDRESS        STATE     SINCE  VERSION      LOAD  REPLICAS  ROUND TRIP  ROLE    LABELS\n"
                "node-1  10.0.0.1:7551  alive        1m  0.2.0    38% of 8         4      310 µs  leader  zone=a\n"
                "node-2  10.0.0.2:7551  draining     1m  0.2.0    38% of 8         4           -  asked   zone=a\n");
}

BOOST_FIXTURE_TEST_CASE(programs_are_told_all_of_each_node, connected) {
  BOOST_TEST(run({"nodes", "-o", "json"}) == 0);
  auto told = json::parse(out);
  BOOST_TEST(told["leader"] == "node-1");
  BOOST_TEST(told["nodes"][0]["labels"]["zone"] == "a");
  BOOST_TEST(told["nodes"][0]["leads"] == true);
  BOOST_TEST(told["nodes"][1]["asked"] == true);
}

BOOST_FIXTURE_TEST_CASE(nodes_are_watched_until_the_node_is_lost, connected) {
  server.hang_up_after(2);
  BOOST_TEST(run({"nodes", "--watch", "--interval", "1ms", "-o", "json"}) == 3);
  BOOST_TEST(std::count(out.begin(), out.end(), '\n') == 2);
}

BOOST_AUTO_TEST_CASE(a_leader_that_is_away_is_told_with_the_age_of_what_is_known) {
  capnp::MallocMessageBuilder message;
  auto nodes = message.initRoot<schema::Control::NodesResults>();
  auto lead = nodes.initLead();
  lead.setLeaderName("node-1");
  lead.setAway(true);
  lead.setStateAgeUs(12'000'000);
  BOOST_TEST(nodes_text(nodes.asReader(), 0, false).find("as of 12 s ago: the leader node-1 is away; ") == 0U);
}

BOOST_AUTO_TEST_CASE(the_status_names_the_leader_and_tells_that_it_is_away) {
  spread_status told("node-1");
  auto node = told.status.initNode();
  node.setName("node-2");
  BOOST_TEST(told.text().find("leader") == std::string::npos); // in no cluster
  node.setEpoch(3);
  node.setLeaderName("node-1");
  node.setStateAgeUs(150'000);
  BOOST_TEST(told.text().find("\nleader node-1, heard of 150 ms ago\n") != std::string::npos, told.text());
  node.setLeaderAway(true);
  BOOST_TEST(told.text().find("\nas of 150 ms ago: the leader node-1 is away; requests are served") != std::string::npos,
             told.text());
  node.setLeaderAway(false);
  node.setLeads(true);
  BOOST_TEST(told.text().find("\nleader") == std::string::npos, told.text());
}

BOOST_AUTO_TEST_CASE(the_nodes_of_replicas_are_shown_where_one_is_not_the_asked_one) {
  BOOST_TEST(spread_status("node-2").text().find("REPLICA  VERSION  NODE    STATE") != std::string::npos);
  spread_status here("node-1");
  BOOST_TEST(here.text().find("NODE") != std::string::npos);
  here.status.initNode().setName("node-1");
  BOOST_TEST(here.text().find("NODE") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(why_replicas_have_no_place_is_the_reason_of_their_version) {
  spread_status told("node-1");
  told.status.getDeployments()[0].getVersions()[0].setUnplaced("of 2 nodes 2 lack disk=ssd");
  BOOST_TEST(told.text().find("of 2 nodes 2 lack disk=ssd\n") != std::string::npos, told.text());
  BOOST_TEST(status_json(told.status.asReader())["deployments"][0]["versions"][0]["unplaced"] == "of 2 nodes 2 lack disk=ssd");
}

BOOST_AUTO_TEST_CASE(what_a_person_should_mend_stands_above_the_tables) {
  capnp::MallocMessageBuilder message;
  auto nodes = message.initRoot<schema::Control::NodesResults>();
  nodes.initLead().setTrouble("n1 and n2 both lead");
  BOOST_TEST(nodes_text(nodes.asReader(), 0, false).find("\nwarning: n1 and n2 both lead\n") != std::string::npos);
  BOOST_TEST(nodes_json(nodes.asReader())["trouble"] == "n1 and n2 both lead");
  spread_status told("node-1");
  told.status.initNode().setTrouble("n1 and n2 both lead");
  BOOST_TEST(told.text().find("\nwarning: n1 and n2 both lead\n") != std::string::npos, told.text());
}

BOOST_FIXTURE_TEST_CASE(a_token_stands_alone_on_stdout_and_how_to_use_it_beside, connected) {
  BOOST_TEST(run({"token", "create", "--ttl", "2h", "--uses", "3"}) == 0);
  BOOST_TEST(server.calls().back() == "token node 7200000000 3");
  BOOST_TEST(out == "trp_secret\n");
  BOOST_TEST(err
             == "good for 2h and 3 uses; whoever has it can join. Use it by\n"
                "  troupe node --join 10.0.0.2:7551 --token trp_secret\n");
  BOOST_TEST(run({"token", "create", "--role", "client", "-o", "json"}) == 0);
  BOOST_TEST(server.calls().back() == "token client 3600000000 1");
  BOOST_TEST(json::parse(out)["command"] == "troupe login 10.0.0.2:7551 --token trp_secret");
  BOOST_TEST(run({"token", "create", "--uses", "0"}) == 1);
  BOOST_TEST(err == "error: a token has 1 to 1000 uses\n");
}

BOOST_FIXTURE_TEST_CASE(tokens_are_listed_without_secrets_with_what_became_of_them, connected) {
  BOOST_TEST(run({"token", "list"}) == 0);
  BOOST_TEST(out
             == "TOKEN         ROLE    STATE    EXPIRES IN  USES LEFT  USED BY  CREATED BY\n"
                "0123456789ab  client  good             1h          2  ben      anna@laptop\n"
                "ba9876543210  node    expired           -          0\n");
  BOOST_TEST(run({"token", "list", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["tokens"][0]["used_by"][0]["who"] == "ben");
}

BOOST_FIXTURE_TEST_CASE(a_token_is_revoked_by_its_id, connected) {
  BOOST_TEST(run({"token", "revoke", "0123"}) == 0);
  BOOST_TEST(server.calls().back() == "revoke 0123");
}

BOOST_FIXTURE_TEST_CASE(a_drain_that_is_waited_for_ends_once_the_node_is_empty_or_the_time_is_over, connected) {
  BOOST_TEST(run({"drain", "node-2", "--wait", "--timeout", "1s"}) == 4);
  BOOST_TEST(
      err
      == "still waiting: echo@2 needs 1 GiB on a node for 1 more replica (1 stays on a draining node until then); of 1 node 1 "
         "lacks zone=b; add a node with zone=b, or loosen the constraints\n"
         "error: node-2 still runs 4 replicas after 1 s; `troupe status` tells what finds no other place\n");
  BOOST_TEST(run({"drain", "empty", "--wait"}) == 0);
  BOOST_TEST(out == "empty: runs nothing any more, and can be stopped\n");
  BOOST_TEST(run({"drain", "gone", "--wait"}) == 1);
  BOOST_TEST(err == "error: gone is no longer in the cluster\n");
  BOOST_TEST(run({"drain", "node-2", "--wait", "--undo"}) == 2);
}

BOOST_FIXTURE_TEST_CASE(users_are_listed_with_what_their_certificates_are_worth, connected) {
  BOOST_TEST(run({"user", "list"}) == 0);
  BOOST_TEST(out
             == "USER  ROLE    CERTIFICATE  SINCE  ENDS IN  BY TOKEN\n"
                "anna  admin   good            1h       2h  0123456789ab\n"
                "ben   client  revoked         1h        -  0123456789ab\n"
                "cleo  client  expired         1h        -  0123456789ab\n");
  BOOST_TEST(run({"user", "list", "-o", "json"}) == 0);
  BOOST_TEST(json::parse(out)["users"][1]["revoked"] == true);
}

BOOST_FIXTURE_TEST_CASE(a_user_is_put_out_by_name, connected) {
  BOOST_TEST(run({"user", "revoke", "ben"}) == 0);
  BOOST_TEST(server.calls().back() == "put out ben");
  BOOST_TEST(out.find("ben: no node lets him in any more") == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_node_is_drained_and_given_work_again, connected) {
  BOOST_TEST(run({"drain", "node-2"}) == 0);
  BOOST_TEST(server.calls().back() == "drain node-2");
  BOOST_TEST(out
             == "node-2: its work moves to other nodes, as far as they have room; `troupe nodes --watch` tells how far it is, "
                "`troupe status` what finds no place\n");
  BOOST_TEST(run({"drain", "node-2", "--undo", "-o", "json"}) == 0);
  BOOST_TEST(server.calls().back() == "undrain node-2");
  BOOST_TEST(json::parse(out)["draining"] == false);
}

BOOST_FIXTURE_TEST_CASE(a_node_is_removed_only_once_somebody_says_yes, connected) {
  BOOST_TEST(run({"remove", "node-2"}) == 2);
  BOOST_TEST(err.find("nobody confirmed it; nothing was done") != std::string::npos);
  BOOST_TEST(run({"remove", "node-2"}, "n\n") == 1);
  BOOST_TEST(server.calls().empty());
  BOOST_TEST(run({"remove", "node-2"}, "y\n") == 0);
  BOOST_TEST(run({"remove", "node-2", "--yes"}) == 0);
  BOOST_TEST(server.calls() == (std::vector<std::string>{"remove node-2", "remove node-2"}), boost::test_tools::per_element());
  BOOST_TEST(run({"remove", "node-1", "--yes"}) == 1);
  BOOST_TEST(err == "error: node-1 leads; it can't remove itself\n");
}
