#pragma once

/// The node's whole tree in one thread, over a store in memory and hosts played by hand. Include it last, as caf_fixture.hpp.

#include "actors/errors.hpp"
#include "actors/root.hpp"
#include "tests/actors/hand_hosts.hpp"
#include "tests/storage/put_blob.hpp"
#include "tests/storage/temporary_folder.hpp"
#include "tests/support/refusing_store.hpp"

#include "tests/support/caf_fixture.hpp"

namespace troupe {

using namespace std::chrono_literals;

class tree_fixture : public caf_fixture {
public:
  test::temporary_folder folder;
  hand_hosts hosts;
  directory actors;
  routing_cell routes;
  seed_source seeds{1};
  refusing_store records;
  state_store state{records};
  assignment_store kept{records};
  data_folder data = data_folder::open(folder.path()).value();
  blob_store blobs = blob_store::open(data).value();
  log_store log = log_store::open(records, 1000).value();
  actor_environment node{time, events, seeds, hosts, routes, actors};
  supervisor_actor root;
  std::string sha = sha256_of("abc");

  tree_fixture() {
    keep("abc");
    root = start_root(sys, {node, {time, state, blobs, kept}, {time, log}, false});
    settle();
    BOOST_REQUIRE(actors.catalog.get());
  }
  ~tree_fixture() {
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    pass_in_steps(60s, 1s);
    BOOST_TEST(hosts.alive.empty());
    BOOST_TEST(events.without_origin() == std::set<std::string>(), boost::test_tools::per_element());
    for (auto& load : hosts.loads)
      load.events = {};
    for (auto& fork : hosts.forks)
      fork.events = {};
    settle();
  }

  std::string keep(const std::string& bytes) { return test::put_blob(blobs, bytes); }
  /// A golden.json for `toml`, whose one case gives `found` for 1, 2.
  static std::string golden(const std::string& found) {
    return R"({"cases": [{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}],
      "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": )"
           + found + "}]}]}";
  }

  static std::string toml(std::uint32_t replicas) {
    return "max_batch = 4\nreplicas = " + std::to_string(replicas)
           + "\n[[inputs]]\nname = \"x\"\ndatatype = \"FP32\"\nshape = [-1, 2]\n[[outputs]]\nname = \"y\"\ndatatype = "
             "\"FP32\"\nshape = [-1, 2]\n";
  }
  caf::expected<deployed> deploy_digits(std::uint32_t replicas = 1) {
    return ask<deployed>(actors.catalog.get(), deploy{"digits", sha, toml(replicas), 0});
  }
  kept_answer<done> await_digits(version_number version = 0) {
    return ask_later<done>(actors.catalog.get(), await_version{"digits", version});
  }
  deployment_view view() { return ask<deployment_list>(actors.catalog.get(), list_deployments{"digits"})->deployments.at(0); }
  /// Of the newest version.
  version_view newest() { return view().versions.at(0); }
  /// The version that requests go to; 0: none.
  version_number routed() {
    auto table = routes.read();
    auto found = table->find("digits");
    return found == table->end() ? 0 : found->second.version.number;
  }
  std::uint32_t runners() { return newest().pool.counters.runners; }

  template <class T>
  static error_code code_of(const caf::expected<T>& answer) {
    BOOST_REQUIRE(!answer);
    return to_error(answer.error()).code;
  }
};

} // namespace troupe
