#define BOOST_TEST_MODULE restore_lead
#include "tests/node/lost_leader.hpp"

#include <unistd.h>

using namespace troupe;
using namespace troupe::test;

namespace {

struct refused_lead : lost_leader {
  std::string refusal(const fs::path& data) {
    auto refused = lead(data);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(!fs::exists(data.string() + ".restoring"));
    return refused.failure().message;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_member_leads_with_the_state_of_the_backup_and_stays_who_it_is, refused_lead) {
  auto report = lead(member);
  BOOST_REQUIRE_MESSAGE(report.ok(), (report ? "" : report.failure().message));
  BOOST_TEST(report->epoch == 2U);
  BOOST_TEST(report->warnings.empty()); // that it joined after the backup itself is no news
  BOOST_TEST(fs::exists(report->moved_aside));
  stopped_node node(member);
  BOOST_TEST(node.node_id() == member_id);
  auto own = own_cluster(node.cluster, member_id).value().value();
  BOOST_TEST(leads(own, member_id));
  BOOST_TEST(node.state.deployments()->at(0).name == "digits");
  BOOST_TEST(node.cluster.members()->size() == 2U);
  BOOST_TEST(assignment_store(*node.records).load().value()->revision == 4U); // it goes on with its own
  BOOST_TEST(blob_store::open(node.folder)->open_verified(sha256_of("1")).ok());
}

BOOST_FIXTURE_TEST_CASE(a_new_folder_is_a_new_nodes_in_the_place_of_the_leader, refused_lead) {
  auto fresh = place.path() / "fresh";
  auto report = lead(fresh);
  BOOST_REQUIRE_MESSAGE(report.ok(), (report ? "" : report.failure().message));
  BOOST_TEST(report->epoch == 2U);
  BOOST_TEST(report->moved_aside == "");
  stopped_node node(fresh);
  auto id = node.node_id();
  BOOST_TEST(id != leader_id);
  BOOST_TEST(leads(own_cluster(node.cluster, id).value().value(), id));
  BOOST_TEST(node.cluster.member(id).value()->name == "n1");
  BOOST_TEST(node.cluster.member(leader_id).value()->removed);
  BOOST_TEST(assignment_store(*node.records).load().value()->revision == 9U); // it goes on with the leader's
}

BOOST_FIXTURE_TEST_CASE(without_lead_the_backup_of_a_leader_is_refused, refused_lead) {
  restore_arguments arguments;
  arguments.backup = target.string();
  arguments.data_folder = (place.path() / "clone").string();
  auto refused = restore_data_folder(arguments, [](const restore_progress&) {}, time);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.failure().message.find("with --lead this machine leads it again") != std::string::npos);
  BOOST_TEST(!fs::exists(arguments.data_folder));
}

BOOST_FIXTURE_TEST_CASE(a_running_node_does_not_take_the_lead, refused_lead) {
  stopped_node node(member);
  auto why = refusal(member);
  BOOST_TEST(why.find("is in use by another node (process " + std::to_string(::getpid()) + ")") != std::string::npos, why);
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_is_no_members_does_not_lead, refused_lead) {
  auto alone = place.path() / "alone";
  BOOST_TEST(stopped_node(alone).node_id().empty());
  BOOST_TEST(refusal(alone).find("belongs to no cluster; ") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_backup_of_another_cluster_is_refused_and_the_member_is_left_as_it_was, refused_lead) {
  refused_lead other;
  target = other.target;
  BOOST_TEST(refusal(member).find("the backup is of cluster ") == 0U);
  BOOST_TEST(!member_leads());
}
