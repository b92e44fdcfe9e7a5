#define BOOST_TEST_MODULE client_doors
#include "actors/cluster_identity.hpp"
#include "cluster/join_token.hpp"
#include "cluster/joining.hpp"
#include "cluster/private_key.hpp"
#include "runtime/node/client_doors.hpp"
#include "runtime/node/first_token.hpp"
#include "storage/memory_store.hpp"
#include "tests/cluster/cluster_ids.hpp"
#include "tests/storage/temporary_folder.hpp"
#include "tests/support/collected_events.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sys/stat.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Where a node listens for clients, and whether it cares who comes.
struct doors_fixture {
  explicit doors_fixture(const std::string& listen, const std::string& http = "", bool insecure = false) {
    options.listen = listen;
    options.http = http;
    options.insecure_listen = insecure;
    doors.emplace(open_doors(options).value());
  }
  ~doors_fixture() { loop.stop(); }

  bool may_serve(bool in_cluster) const { return check_doors(*doors, options, in_cluster).ok(); }
  bool has_gate(bool in_cluster) {
    return make_gate(*doors, options, {}, {&loop}, in_cluster ? &identity : nullptr, revoked, time, events) != nullptr;
  }

  real_clock time;
  collected_events events;
  revocation_list revoked;
  kj_loop loop{"loop", [](const std::string&) {}};
  identity_holder identity{{}};
  node_options options;
  std::optional<node_doors> doors;
};

} // namespace

BOOST_AUTO_TEST_CASE(beyond_loopback_a_node_needs_a_cluster_or_to_be_told_that_it_does_without) {
  for (const auto& [listen, http] : {std::pair{"0.0.0.0:0", ""}, std::pair{"127.0.0.1:0", "0.0.0.0:0"}}) {
    doors_fixture node(listen, http);
    auto refused = check_doors(*node.doors, node.options, false);
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST((refused.failure().code == error_code::failed_precondition));
    BOOST_TEST(refused.failure().message.find("refusing to listen on " + node.doors->beyond() + ": ") == 0U);
    BOOST_TEST(node.may_serve(true));
  }
  BOOST_TEST(doors_fixture("0.0.0.0:0", "", true).may_serve(false));
  BOOST_TEST(doors_fixture("127.0.0.1:0", "[::1]:0").may_serve(false));
}

BOOST_AUTO_TEST_CASE(a_gate_stands_only_where_other_machines_come_in_and_must_prove_themselves) {
  BOOST_TEST(doors_fixture("0.0.0.0:0").has_gate(true));
  BOOST_TEST(doors_fixture("127.0.0.1:0", "0.0.0.0:0").has_gate(true));
  BOOST_TEST(!doors_fixture("127.0.0.1:0", "127.0.0.1:0").has_gate(true));
  BOOST_TEST(!doors_fixture("0.0.0.0:0", "", true).has_gate(true));
  BOOST_TEST(!doors_fixture("0.0.0.0:0", "", true).has_gate(false));
}

BOOST_AUTO_TEST_CASE(doors_that_let_in_whoever_comes_are_warned_of_at_once) {
  doors_fixture node("0.0.0.0:0", "0.0.0.0:0", true);
  keep_warning_of(node.doors->beyond(), node.loop, node.time, node.events);
  BOOST_TEST(node.events.last("insecure_listen", "doors") == node.doors->rpc.address + ", " + node.doors->http->address);
}

BOOST_AUTO_TEST_CASE(the_first_token_makes_an_admin_once_and_only_the_nodes_user_reads_it) {
  memory_store disk;
  cluster_store records(disk);
  test::temporary_folder folder;
  auto cluster = found_cluster(records, {test::node_1, "n1", "10.0.0.1:7551", {}}, {test::some_day, 24h}).value();
  auto path = write_first_token(records, cluster, folder.path(), test::some_day).value();
  struct stat found{};
  BOOST_REQUIRE(::stat(path.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777U) == 0600U);
  std::string text;
  std::ifstream(path) >> text;
  auto token = parse_join_token(text).value();
  BOOST_TEST(token.cluster_id == cluster.cluster_id);
  auto kept = records.token(sha256_of_secret(token.secret)).value();
  user_request anna{token.secret, "anna", private_key::make().public_key()};
  auto decided = decide_enrolment(anna, kept, test::some_day + 1h);
  BOOST_REQUIRE(std::holds_alternative<enrolment_accepted>(decided));
  auto accepted = std::get<enrolment_accepted>(decided);
  BOOST_TEST((accepted.role == cluster_role::admin));
  BOOST_TEST(accepted.token->uses_left == 0U);
  BOOST_TEST(std::holds_alternative<join_refused>(decide_enrolment(anna, kept, test::some_day + 25h)));
}

BOOST_AUTO_TEST_CASE(a_first_token_that_can_not_be_written_is_an_error) {
  memory_store disk;
  cluster_store records(disk);
  auto cluster = found_cluster(records, {test::node_1, "n1", "10.0.0.1:7551", {}}, {test::some_day, 24h}).value();
  auto refused = write_first_token(records, cluster, "/nowhere", test::some_day);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.failure().code == error_code::io_failed));
}
