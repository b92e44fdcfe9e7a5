#define BOOST_TEST_MODULE process_load
#include "tests/host/process_fixture.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace troupe;

namespace {

struct bad_model {
  const char* folder;
  const char* found; ///< part of the message
};

std::ostream& operator<<(std::ostream& out, const bad_model& m) {
  return out << m.folder;
}

const bad_model bad_models[] = {
    {"garbage", "model.pt can't be loaded as TorchScript: "},
    {"truncated", "model.pt can't be loaded as TorchScript: "},
    {"crash_in_load", "the model crashed its host while loading (signal 11)"},
    {"wrong_output_count", "output"},
    {"wrong_output_shape", "output"},
};

} // namespace

BOOST_DATA_TEST_CASE(a_model_at_fault_is_refused_with_what_is_wrong, boost::unit_test::data::make(bad_models), sample) {
  process_fixture f;
  auto version = f.load(sample.folder);
  auto& loaded = version.ready.get();
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.failure().code == error_code::invalid_argument));
  BOOST_TEST(loaded.failure().message.find(sample.found) != std::string::npos, loaded.failure().message);
  BOOST_TEST(eventually([] { return children().size() == 1; })); // the template of all
}

BOOST_AUTO_TEST_CASE(a_load_that_hangs_is_ended_and_names_the_limit) {
  process_fixture f;
  BOOST_REQUIRE(eventually([&] { return f.template_pid() != 0; }));
  auto version = f.load("mlp", [](model_spec& spec) { spec.load_timeout = std::chrono::milliseconds(100); });
  BOOST_REQUIRE(eventually([] { return children().size() == 2; }));
  for (auto pid : children())
    if (pid != f.template_pid())
      ::kill(pid, SIGSTOP);
  auto& loaded = version.ready.get();
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.failure().code == error_code::invalid_argument));
  BOOST_TEST(loaded.failure().message == "the model did not load within 100 ms (limits.load_timeout in model.toml)");
}

BOOST_AUTO_TEST_CASE(a_missing_host_binary_makes_loads_unavailable_and_says_which) {
  process_fixture f("/nowhere/troupe-host");
  auto version = f.load("mlp");
  auto& loaded = version.ready.get();
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.failure().code == error_code::unavailable));
  BOOST_TEST(loaded.failure().message.find("/nowhere/troupe-host") != std::string::npos, loaded.failure().message);
}

BOOST_AUTO_TEST_CASE(a_host_binary_that_ends_at_once_makes_loads_unavailable) {
  process_fixture f("/bin/false");
  auto version = f.load("mlp");
  auto& loaded = version.ready.get();
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST((loaded.failure().code == error_code::unavailable));
  BOOST_TEST(eventually([&] { return f.events.count("host_template_started") >= 3; })); // and it is tried again
}

BOOST_AUTO_TEST_CASE(a_cancelled_load_ends_its_process_and_is_never_answered) {
  process_fixture f;
  auto warm = f.load("mlp");
  warm.process();
  for (int round = 0; round < 20; ++round) {
    auto version = f.load("mlp");
    if (round % 2 == 1)
      eventually([] { return children().size() > 2; });
    version.handle.reset();
    if (!version.ready.arrived())
      BOOST_TEST(!version.exited.arrived());
  }
  BOOST_TEST(eventually([] { return children().size() == 2; })); // the template of all, and the warm one
}

BOOST_AUTO_TEST_CASE(destroying_a_load_that_was_answered_changes_nothing) {
  process_fixture f;
  auto version = f.load("identity_fp32");
  version.process();
  version.handle.reset();
  auto target = f.make_pool(version);
  auto replica = f.serve(version, target);
  auto asked = f.ask(*target, {5});
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST(asked->values[0] == 5);
}

BOOST_AUTO_TEST_CASE(a_model_with_too_many_inputs_is_refused_before_any_process_starts) {
  process_fixture f;
  auto version = f.load("mlp", [](model_spec& spec) { spec.inputs.resize(33, spec.inputs[0]); });
  BOOST_REQUIRE(!version.ready.get().ok());
  BOOST_TEST(version.ready.get().failure().message.find("at most 32") != std::string::npos);
}
