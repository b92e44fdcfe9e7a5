#define BOOST_TEST_MODULE lost_leader
#include "actors/cluster_identity.hpp"
#include "cluster/certificates.hpp"
#include "storage/rocks_store.hpp"
#include "tests/e2e/answers.hpp"
#include "tests/e2e/running_cluster.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>

using namespace troupe;
using namespace troupe::test;

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// Three nodes; "rows" runs on the first one, which leads, and of which there is a backup.
struct backed_up_cluster {
  temporary_folder place;
  running_cluster cluster{3, {"--label", "node=1"}};
  std::string backup = (place.path() / "backup").string();
  std::string early_token = token();

  backed_up_cluster() {
    auto deployed =
        cluster.node(1).troupe({"deploy", "rows", model_folder_of("raise_on_magic"), "--replicas", "1", "--on", "node=1"});
    BOOST_REQUIRE_MESSAGE(deployed.code == 0, deployed.err);
    auto made = cluster.node(1).troupe({"backup", backup});
    BOOST_REQUIRE_MESSAGE(made.code == 0, made.err);
  }

  std::string token() { return node_token(cluster.node(1)); }
  void kill(std::size_t number) {
    cluster.node(number).process().signal(SIGKILL);
    BOOST_REQUIRE(cluster.node(number).process().wait(10s).has_value());
  }
  command_result restore_to_lead(std::size_t number) {
    return run_program({troupe_program(), "restore", backup, "--data", cluster.node(number).folder() + "/data", "--lead"});
  }
  /// The second node leads instead of the first one.
  void replace_leader() {
    kill(1);
    BOOST_TEST(cluster.node(2).process().stop().value_or(-1) == 0);
    auto restored = restore_to_lead(2);
    BOOST_REQUIRE_MESSAGE(restored.code == 0, restored.err);
    BOOST_TEST(contains(restored.out, "and leads in epoch 2"), restored.out);
    BOOST_TEST(contains(restored.err, "warning: token "), restored.err);
    cluster.node(2).restart();
  }
  bool follows(std::size_t number, const std::string& leader) {
    return eventually(
        [&] {
          auto told = cluster.node(number).troupe({"nodes", "-o", "json"});
          return told.code == 0 && json::parse(told.out)["leader"] == leader && !json::parse(told.out)["leader_away"].get<bool>();
        },
        20s);
  }
  /// Starts the node, which is to end by itself.
  bool comes_up_and_ends(std::size_t number) {
    try {
      cluster.node(number).restart();
      return cluster.node(number).process().wait(20s).value_or(-1) == 1;
    } catch (const command_failure& ended) {
      return contains(ended.what(), "ended with exit code 1");
    }
  }
};

/// The cluster's authority, as a backup of its leader holds it.
authority authority_in(const std::string& backup) {
  auto folder = data_folder::open(backup).value();
  auto records = open_rocks_store(folder).value();
  auto leader = cluster_store(*records).cluster().value().value();
  return authority::load(leader.authority_pem, leader.authority_key_pem).value();
}

/// Gives the stopped node of this data folder a certificate that ended yesterday.
void let_certificate_end(const std::string& data, const authority& owner) {
  auto folder = data_folder::open(data).value();
  auto records = open_rocks_store(folder).value();
  cluster_store own(*records);
  auto facts = facts_of(own.cluster().value()->node_certificate_pem).value();
  auto ended = owner.issue_node(facts.common_name, facts.public_key, {real_clock().wall_now() - 48h, 24h}).value();
  BOOST_REQUIRE(save_certificate(own, ended).ok());
}

} // namespace

BOOST_FIXTURE_TEST_CASE(while_the_leader_is_away_the_others_tell_what_they_know_and_how_old_it_is, backed_up_cluster) {
  auto& other = cluster.node(3);
  BOOST_REQUIRE(eventually([&] { return contains(other.troupe({"status"}).out, "rows@1"); }));
  kill(1);
  BOOST_REQUIRE(eventually([&] { return contains(other.troupe({"status"}).out, "the leader n1 is away"); }));
  auto told = other.troupe({"status"}).out;
  BOOST_TEST(contains(told, "\nas of "), told);
  BOOST_TEST(contains(told, "rows@1"), told);
  auto versions = json::parse(other.troupe({"versions", "rows", "-o", "json"}).out);
  BOOST_TEST(versions["leader_away"] == true);
  BOOST_TEST(versions["state_age_us"].get<std::uint64_t>() > 0U);
  BOOST_TEST(eventually([&] { return contains(other.troupe({"nodes"}).out, "the leader n1 is away; requests are served"); }));
  auto refused = other.troupe({"scale", "rows", "2"});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "the leader, n1 ("), refused.err);
  BOOST_TEST(contains(refused.err, "is away, last heard of "), refused.err);
  cluster.node(1).restart();
  BOOST_TEST(follows(3, "n1"));
  auto scaled = other.troupe({"scale", "rows", "2"});
  BOOST_TEST(scaled.code == 0, scaled.err);
}

BOOST_FIXTURE_TEST_CASE(only_a_stopped_member_takes_the_lead, backed_up_cluster) {
  auto running = restore_to_lead(2);
  BOOST_TEST(running.code == 1);
  BOOST_TEST(contains(running.err, "in use by another node (process " + std::to_string(cluster.node(2).process().pid())),
             running.err);
  running_node alone;
  BOOST_TEST(alone.process().stop().value_or(-1) == 0);
  auto stranger = run_program({troupe_program(), "restore", backup, "--data", alone.folder() + "/data", "--lead"});
  BOOST_TEST(stranger.code == 1);
  BOOST_TEST(contains(stranger.err, "belongs to no cluster"), stranger.err);
}

BOOST_FIXTURE_TEST_CASE(another_node_leads_by_the_backup_and_the_leader_that_was_follows_it_when_it_comes_back,
                        backed_up_cluster) {
  auto late_token = token();
  cluster.add(); // and a node that the backup doesn't know
  BOOST_REQUIRE(cluster.sees(3, "n4", "alive"));
  replace_leader();
  for (std::size_t number : {2, 3, 4})
    BOOST_TEST(follows(number, "n2"));
  BOOST_TEST(eventually([&] { return contains(cluster.node(2).troupe({"events"}).out, "node_taken_in_again"); }));
  BOOST_TEST(contains(cluster.node(3).troupe({"versions", "rows"}).out, "live"));

  for (const auto& [kind, words] :
       {std::pair(late_token, "the leader knows no such token"), std::pair(early_token, "this token was revoked")}) {
    temporary_folder folder;
    auto refused =
        run_program({troupe_program(), "node", "--data", folder.path().string(), "--listen", "127.0.0.1:0", "--http", "",
                     "--cluster", "127.0.0.1:0", "--name", "n5", "--join", cluster.address_of(2), "--token", kind});
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(contains(refused.err, words), refused.err);
  }

  BOOST_TEST(comes_up_and_ends(1));
  BOOST_TEST(contains(text_of_file(cluster.node(1).folder() + "/node.log"), "leader_replaced"));
  cluster.node(1).restart();
  BOOST_TEST(follows(1, "n2"));
  BOOST_TEST(eventually([&] { return cluster.nodes_of("rows", 3) == std::vector<std::string>{"n1"}; }, 20s));
  for (std::size_t number : {1, 2, 3, 4}) {
    caller client(cluster.node(number).address());
    BOOST_TEST(eventually([&] { return client.ask("rows", {row(1)}).error.empty(); }));
  }
  auto scaled = cluster.node(1).troupe({"scale", "rows", "2"});
  BOOST_TEST(scaled.code == 0, scaled.err);
}

BOOST_FIXTURE_TEST_CASE(a_leader_in_whose_place_a_new_node_leads_hears_of_it_though_it_counts_as_removed, backed_up_cluster) {
  kill(1);
  temporary_folder fresh;
  auto restored = run_program({troupe_program(), "restore", backup, "--data", (fresh.path() / "data").string(), "--lead"});
  BOOST_REQUIRE_MESSAGE(restored.code == 0, restored.err);
  node_process successor({troupe_program(), fresh.path().string(), "127.0.0.1:0", {"--cluster", "127.0.0.1:0"}});
  for (std::size_t number : {2, 3})
    BOOST_TEST(follows(number, "n1"));
  BOOST_TEST(comes_up_and_ends(1));
  BOOST_TEST(contains(text_of_file(cluster.node(1).folder() + "/node.log"), "leader_replaced"));
  BOOST_TEST(successor.stop().value_or(-1) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_node_that_starts_while_the_leader_is_away_tells_what_it_had_kept, backed_up_cluster) {
  auto& other = cluster.node(3);
  BOOST_REQUIRE(eventually([&] {
    caller client(other.address());
    return client.ask("rows", {row(1)}).error.empty(); // so it has the route; what it keeps is written a little later
  }));
  kill(1);
  BOOST_REQUIRE(other.process().stop().value_or(-1) == 0);
  other.restart();
  auto told = other.troupe({"status"});
  BOOST_TEST(told.code == 0, told.err);
  BOOST_TEST(contains(told.out, "as this node knew it when it started, "), told.out);
  BOOST_TEST(contains(told.out, "rows@1"), told.out);
}

BOOST_FIXTURE_TEST_CASE(a_node_whose_certificate_ended_while_it_had_no_leader_comes_back_by_itself, backed_up_cluster) {
  BOOST_TEST(cluster.node(3).process().stop().value_or(-1) == 0);
  let_certificate_end(cluster.node(3).folder() + "/data", authority_in(backup));
  cluster.node(3).restart();
  BOOST_TEST(cluster.sees(1, "n3", "alive"));
  BOOST_TEST(cluster.sees(3, "n1", "alive"));
}
