#define BOOST_TEST_MODULE process_death
#include "tests/host/process_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <sys/wait.h>

using namespace troupe;

namespace {

/// A loaded model with a pool and replicas.
struct served : process_fixture {
  explicit served(const std::string& model, std::size_t replicas, const std::function<void(model_spec&)>& change = {})
    : version(load(model, change)), target(make_pool(version)) {
    for (std::size_t i = 0; i < replicas; ++i)
      running.push_back(serve(version, target));
  }

  loaded_version version;
  std::shared_ptr<pool> target;
  std::vector<forked_replica> running;
};

} // namespace

BOOST_AUTO_TEST_CASE(no_request_fails_when_a_replica_is_killed_under_load) {
  served s("mlp", 2);
  std::vector<std::shared_ptr<outcome>> asked;
  for (int i = 0; i < 2000; ++i) {
    asked.push_back(s.ask(*s.target, std::vector<float>(784, static_cast<float>(i))));
    if (i == 1000)
      ::kill(s.running[0].host()->pid(), SIGKILL);
  }
  for (const auto& one : asked) {
    BOOST_REQUIRE(one->wait());
    BOOST_TEST(!one->failure.has_value());
    BOOST_TEST(one->times == 1);
  }
  BOOST_TEST(s.running[0].exited.get() == "signal:9");
  BOOST_TEST(!s.running[1].exited.arrived());
}

BOOST_AUTO_TEST_CASE(a_stopped_replica_is_killed_at_the_batch_timeout_and_its_request_served_elsewhere) {
  served s("identity_fp32", 1, [](model_spec& spec) { spec.batch_timeout = std::chrono::milliseconds(200); });
  ::kill(s.running[0].host()->pid(), SIGSTOP);
  auto asked = s.ask(*s.target, {3});
  BOOST_TEST(s.running[0].exited.get() == "batch_timeout");
  BOOST_TEST(asked->times == 0);
  auto other = s.serve(s.version, s.target);
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST(asked->values[0] == 3);
}

BOOST_AUTO_TEST_CASE(an_endless_loop_ends_with_its_batch_and_twice_is_poison) {
  served s("loop_on_magic", 2, [](model_spec& spec) { spec.batch_timeout = std::chrono::milliseconds(100); });
  auto asked = s.ask(*s.target, {666, 2, 3, 4});
  BOOST_REQUIRE(asked->wait());
  BOOST_REQUIRE(asked->failure.has_value());
  BOOST_TEST((asked->failure->code == error_code::poisoned));
  BOOST_TEST(s.running[0].exited.get() == "batch_timeout");
  BOOST_TEST(s.running[1].exited.get() == "batch_timeout");
}

BOOST_AUTO_TEST_CASE(a_crash_is_reported_with_its_signal) {
  served s("crash_on_magic", 1);
  s.ask(*s.target, {666, 2, 3, 4});
  BOOST_TEST(s.running[0].exited.get() == "signal:11");
}

BOOST_AUTO_TEST_CASE(replicas_live_on_without_their_version_template_and_forks_are_refused) {
  served s("identity_fp32", 1);
  ::kill(s.version.process().pid(), SIGKILL);
  BOOST_TEST(s.version.exited.get() == "signal:9");
  auto asked = s.ask(*s.target, {4});
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST(asked->values[0] == 4);
  auto late = s.fork(s.version, s.target);
  BOOST_REQUIRE(!late.ready.get().ok());
  BOOST_TEST((late.ready.get().failure().code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_stopped_version_template_fails_its_forks_and_is_ended) {
  served s("identity_fp32", 0, [](model_spec& spec) { spec.load_timeout = std::chrono::milliseconds(2000); });
  ::kill(s.version.process().pid(), SIGSTOP);
  auto never = s.fork(s.version, s.target);
  BOOST_REQUIRE(!never.ready.get().ok());
  BOOST_TEST((never.ready.get().failure().code == error_code::unavailable));
  BOOST_TEST(s.version.exited.get() == "fork_timeout");
}

BOOST_AUTO_TEST_CASE(the_template_of_all_is_started_again_and_versions_and_replicas_do_not_notice) {
  served s("identity_fp32", 1);
  ::kill(s.template_pid(), SIGKILL);
  BOOST_REQUIRE(eventually([&] { return s.events.count("host_template_started") == 2; }));
  auto asked = s.ask(*s.target, {4});
  BOOST_REQUIRE(asked->wait());
  auto more = s.serve(s.version, s.target);
  auto other = s.load("mlp");
  BOOST_TEST(other.ready.get().ok());
}

BOOST_AUTO_TEST_CASE(loads_under_way_when_the_template_of_all_dies_are_answered_unavailable) {
  process_fixture f;
  BOOST_REQUIRE(eventually([&] { return f.template_pid() != 0; }));
  auto pid = f.template_pid();
  ::kill(pid, SIGSTOP);
  auto version = f.load("mlp");
  ::kill(pid, SIGKILL);
  auto& loaded = version.ready.get();
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.failure().code == error_code::unavailable));
  const auto& why = loaded.failure().message; // whether it has got the request by then or not
  BOOST_TEST((why.find("signal:9") != std::string::npos || why.find("Broken pipe") != std::string::npos), why);
}

BOOST_AUTO_TEST_CASE(a_destroyed_replica_is_killed_reaped_and_silent) {
  served s("identity_fp32", 1);
  s.running[0].host().reset();
  BOOST_TEST(eventually([] { return children().size() == 2; }));
  BOOST_TEST(!s.running[0].exited.arrived());
  BOOST_TEST(s.target->count().runners == 0U);
}

BOOST_AUTO_TEST_CASE(a_killed_replica_leaves_the_pool_at_once_and_is_reported) {
  served s("identity_fp32", 1);
  s.running[0].host()->kill();
  BOOST_TEST(s.target->count().runners == 0U);
  BOOST_TEST(s.running[0].exited.get() == "signal:9");
}

BOOST_AUTO_TEST_CASE(a_destroyed_version_template_is_killed_and_its_replicas_live_on) {
  served s("identity_fp32", 1);
  s.version.ready.get().value().reset();
  BOOST_TEST(eventually([] { return children().size() == 2; })); // the template of all and the replica
  auto asked = s.ask(*s.target, {4});
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST(asked->values[0] == 4);
  BOOST_TEST(!s.version.exited.arrived());
}

BOOST_AUTO_TEST_CASE(nothing_is_left_when_the_supply_is_gone) {
  {
    served s("identity_fp32", 3);
    BOOST_TEST(children().size() == 5U);
    s.hosts.reset();
    BOOST_TEST(children().empty());
    for (const auto& replica : s.running)
      BOOST_TEST(replica.exited.arrived());
  }
  BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
}
