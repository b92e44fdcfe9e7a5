#define BOOST_TEST_MODULE process_lies
#include "tests/host/process_fixture.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdlib>
#include <ostream>
#include <unistd.h>

using namespace troupe;

namespace {

/// A node whose troupe-host tells one lie (lying_host.cpp).
struct lied_to : process_fixture {
  explicit lied_to(const char* lie) : process_fixture((::setenv("LIE", lie, 1), LYING_HOST_PATH)) {}

  loaded_version load_identity() {
    return load("identity_fp32", [](model_spec& spec) {
      spec.load_timeout = std::chrono::milliseconds(500);
      spec.batch_timeout = std::chrono::milliseconds(100);
    });
  }
};

struct lie {
  const char* name;
  const char* found; ///< part of what the node makes of it

  friend std::ostream& operator<<(std::ostream& out, const lie& l) { return out << l.name; }
};

const lie of_templates[] = {
    {"template_garbage", "no message"},
    {"template_no_pidfd", "no pidfd"},
    {"template_wrong_pid", "not a new child"},
    {"template_reports_the_node", "not a new child"},
};

const lie of_loading_versions[] = {
    {"version_garbage", "bad_packet"},
    {"version_too_large", "bad_packet"},
    {"version_forks_while_loading", "bad_packet: forked unasked"},
    {"version_hangs_up", "killed"},
};

const lie of_ready_versions[] = {
    {"version_ready_twice", "bad_packet: ready"},
    {"version_forks_unasked", "bad_packet: forked unasked"},
};

const lie of_forking_versions[] = {
    {"version_no_pidfd", "bad_packet: sent no pidfd"},
    {"version_reports_itself", "bad_packet: reported a process that is not a new child"},
    {"version_reports_the_node", "bad_packet: reported a process that is not a new child"},
};

const lie of_starting_replicas[] = {
    {"replica_silent", "not up within 500 ms"},
    {"replica_fails", "could not start: no   luck"},
    {"replica_begins_with_outputs", "bad_reply"},
};

} // namespace

BOOST_AUTO_TEST_CASE(without_a_lie_it_is_a_host_like_any_other) {
  lied_to f("");
  auto version = f.load_identity();
  auto target = f.make_pool(version);
  auto replica = f.serve(version, target);
  auto asked = f.ask(*target, {7});
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST(asked->values[0] == 7);
}

BOOST_DATA_TEST_CASE(a_lying_template_is_replaced_and_the_load_unavailable, boost::unit_test::data::make(of_templates), sample) {
  lied_to f(sample.name);
  auto version = f.load_identity();
  auto& loaded = version.ready.get();
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.failure().code == error_code::unavailable));
  BOOST_TEST(loaded.failure().message.find(sample.found) != std::string::npos, loaded.failure().message);
  BOOST_TEST(eventually([&] { return f.events.count("host_template_started") >= 2; }));
}

BOOST_AUTO_TEST_CASE(a_template_that_speaks_unasked_is_replaced) {
  lied_to f("template_speaks_unasked");
  BOOST_TEST(eventually([&] { return f.events.count("host_template_started") >= 2; }));
}

BOOST_DATA_TEST_CASE(a_version_that_lies_while_loading_is_killed, boost::unit_test::data::make(of_loading_versions), sample) {
  lied_to f(sample.name);
  auto version = f.load_identity();
  auto& loaded = version.ready.get();
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST(loaded.failure().message.find(sample.found) != std::string::npos, loaded.failure().message);
}

BOOST_DATA_TEST_CASE(a_version_that_lies_once_ready_is_killed, boost::unit_test::data::make(of_ready_versions), sample) {
  lied_to f(sample.name);
  auto version = f.load_identity();
  BOOST_TEST(version.exited.get().find(sample.found) == 0U, version.exited.get());
}

BOOST_DATA_TEST_CASE(a_version_that_lies_about_a_fork_is_killed, boost::unit_test::data::make(of_forking_versions), sample) {
  lied_to f(sample.name);
  auto version = f.load_identity();
  auto replica = f.fork(version, f.make_pool(version));
  BOOST_TEST(!replica.ready.get().ok());
  BOOST_TEST(version.exited.get().find(sample.found) == 0U, version.exited.get());
}

BOOST_DATA_TEST_CASE(a_replica_that_does_not_come_up_is_killed, boost::unit_test::data::make(of_starting_replicas), sample) {
  lied_to f(sample.name);
  auto version = f.load_identity();
  auto replica = f.fork(version, f.make_pool(version));
  auto& up = replica.ready.get();
  BOOST_REQUIRE(!up.ok());
  BOOST_TEST((up.failure().code == error_code::unavailable));
  BOOST_TEST(up.failure().message.find(sample.found) != std::string::npos, up.failure().message);
}

BOOST_AUTO_TEST_CASE(a_replica_that_lies_about_its_batch_is_killed) {
  lied_to f("replica_wrong_sequence");
  auto version = f.load_identity();
  auto target = f.make_pool(version);
  auto replica = f.serve(version, target);
  auto asked = f.ask(*target, {7});
  BOOST_TEST(replica.exited.get() == "bad_reply: answers batch 2 instead of 1");
  BOOST_TEST(asked->times == 0);
}

BOOST_AUTO_TEST_CASE(a_replica_cannot_take_its_memory_away_from_the_node) {
  lied_to f("replica_shrinks_memory");
  auto version = f.load_identity();
  auto target = f.make_pool(version);
  auto replica = f.serve(version, target);
  auto asked = f.ask(*target, {7});
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST(asked->values[0] == 7);
}

BOOST_AUTO_TEST_CASE(a_replica_that_fills_its_doorbell_does_not_block_the_node) {
  lied_to f("replica_full_bell");
  auto version = f.load_identity();
  auto target = f.make_pool(version);
  auto replica = f.serve(version, target);
  f.ask(*target, {7}); // returns
  BOOST_TEST(replica.exited.get() == "batch_timeout");
}

BOOST_AUTO_TEST_CASE(a_child_that_nobody_asked_for_is_killed) {
  lied_to f("");
  std::atomic<pid_t> stray{0};
  f.watch.post([&] { // a child of the thread that all hosts are children of
    auto pid = ::fork();
    if (pid == 0)
      for (;;)
        ::pause();
    stray = pid;
  });
  BOOST_TEST(eventually([&] { return f.events.count("stray_hosts_killed") == 1; }));
  BOOST_TEST(eventually([&] { return ::kill(stray, 0) != 0; })); // reaped, too
}
