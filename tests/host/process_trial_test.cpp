#define BOOST_TEST_MODULE process_trial
#include "runtime/serving/trial.hpp"
#include "tests/host/process_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>

using namespace troupe;

namespace {

golden_case expects(const std::vector<float>& input, const std::vector<float>& output) {
  auto tensor = [](const std::vector<float>& values) {
    golden_tensor made{{1, static_cast<std::int64_t>(values.size())}, std::vector<std::byte>(values.size() * sizeof(float))};
    std::memcpy(made.data.data(), values.data(), made.data.size());
    return made;
  };
  return {{tensor(input)}, {tensor(output)}, {true}, 1};
}

/// One replica of a model, outside of any pool.
struct trial_fixture : process_fixture {
  explicit trial_fixture(const std::string& model, const std::function<void(model_spec&)>& change = {})
    : version(load(model, change)), target(make_pool(version)), replica(fork(version, target)) {}

  const result<trial_report>& run(std::vector<golden_case> cases, bool full_batch = false) {
    auto golden = std::make_shared<golden_set>(golden_set{{}, std::move(cases)});
    verdict = {};
    start_trial(replica.host()->runner(), {version.spec, golden, full_batch}, time, verdict.callback());
    return verdict.get();
  }

  loaded_version version;
  std::shared_ptr<pool> target;
  forked_replica replica;
  arrival<result<trial_report>> verdict;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_real_replica_passes_its_golden_cases_and_a_full_batch_and_serves_after_it) {
  trial_fixture f("raise_on_magic");
  auto& report = f.run({expects({1, 2, 3, 4}, {1, 2, 3, 4}), expects({5, 6, 7, 8}, {5, 6, 7, 8})}, true);
  BOOST_REQUIRE(report.ok());
  BOOST_TEST(report->cases == 2U);
  BOOST_TEST(report->slowest.count() > 0);
  f.target->attach(f.replica.host()->runner());
  auto asked = f.ask(*f.target, {1, 2, 3, 4});
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST((asked->values == std::vector<float>{1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(a_real_replica_that_gives_something_else_is_found_out) {
  trial_fixture f("raise_on_magic");
  auto& report = f.run({expects({1, 2, 3, 4}, {1, 2, 3, 5})});
  BOOST_REQUIRE(!report.ok());
  BOOST_TEST(report.failure().message
             == "golden.json: case 0: output 'y'[0, 3]: expected 5, found 4 (tolerance 1e-05 + 0.0001 relative)");
}

BOOST_AUTO_TEST_CASE(a_real_model_that_raises_an_error_is_quoted) {
  trial_fixture f("raise_on_magic");
  auto& report = f.run({expects({666, 2, 3, 4}, {1, 2, 3, 4})});
  BOOST_REQUIRE(!report.ok());
  BOOST_TEST((report.failure().code == error_code::model_failed));
  BOOST_TEST(report.failure().message.find("magic") != std::string::npos, report.failure().message);
}
