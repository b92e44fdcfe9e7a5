#define BOOST_TEST_MODULE hostile_model
#include "tests/host/raw_node.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

using namespace troupe;
using namespace troupe::test;

namespace {

const raw_input magic = fp32({1, 4}, {666, 0, 0, 0});
const raw_input harmless = fp32({1, 4}, {1, 2, 3, 4});

/// Each test has a template of its own: that it lives afterwards is part of what is tested.
struct fixture {
  raw_template forker;
  model_spec spec = row_spec(4, 16);

  std::string load_outcome(const std::string& name) {
    auto version = forker.load(model_path(name), spec);
    auto outcome = version.await_ready();
    BOOST_TEST_MESSAGE(name << ": " << outcome);
    return outcome;
  }

  ~fixture() {
    BOOST_TEST(forker.process.running());
    BOOST_TEST(load_outcome("identity_fp32") == ""); // any columns will do for an identity
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_crash_in_load_ends_only_the_version_template, fixture) {
  auto version = forker.load(model_path("crash_in_load"), spec);
  BOOST_TEST(version.await_ready() == "closed");
  BOOST_TEST(version.process.end() == "signal:11");
}

BOOST_FIXTURE_TEST_CASE(a_load_that_takes_100_gb_is_refused, fixture) {
  BOOST_TEST(contains(load_outcome("alloc_in_load"), "load: the model needs more memory than its version allows"));
}

BOOST_FIXTURE_TEST_CASE(a_crash_in_a_call_ends_only_that_replica, fixture) {
  auto version = forker.load(model_path("crash_on_magic"), spec);
  BOOST_REQUIRE_EQUAL(version.await_ready(), "");
  auto first = version.fork();
  auto second = version.fork();
  first.await();
  second.await();
  first.ring(1, {magic});
  BOOST_TEST(first.process.end() == "signal:11");
  BOOST_TEST((second.run(1, {harmless}).outputs.at(0) == harmless.bytes));
  auto third = version.fork();
  third.await();
  BOOST_TEST((third.run(1, {harmless}).outputs.at(0) == harmless.bytes));
}

BOOST_FIXTURE_TEST_CASE(a_call_that_takes_100_gb_is_refused_and_the_replica_goes_on, fixture) {
  auto version = forker.load(model_path("alloc_100gb"), spec);
  BOOST_REQUIRE_EQUAL(version.await_ready(), "");
  auto replica = version.fork();
  replica.await();
  auto answer = replica.run(1, {magic});
  BOOST_TEST(answer.page.status == static_cast<std::uint32_t>(done_status::exhausted));
  BOOST_TEST(contains(answer.text, "more memory than its version allows"));
  BOOST_TEST((replica.run(1, {harmless}).outputs.at(0) == harmless.bytes));
}

BOOST_FIXTURE_TEST_CASE(a_model_that_writes_files_is_refused_before_it_runs, fixture) {
  std::filesystem::remove("/tmp/troupe-model-wrote");
  BOOST_TEST(
      contains(load_outcome("writes_file"), "operators: model.pt is refused: it calls aten::save in WritesFile.forward; "));
  BOOST_TEST(!std::filesystem::exists("/tmp/troupe-model-wrote"));
}

BOOST_FIXTURE_TEST_CASE(a_model_that_reads_files_is_refused_before_it_runs, fixture) {
  BOOST_TEST(
      contains(load_outcome("reads_file"), "operators: model.pt is refused: it calls aten::from_file in ReadsFile.forward; "));
}

BOOST_FIXTURE_TEST_CASE(a_model_that_starts_threads_is_refused_before_it_runs, fixture) {
  BOOST_TEST(
      contains(load_outcome("starts_threads"), "operators: model.pt is refused: it calls prim::fork in StartsThreads.forward; "));
}

BOOST_FIXTURE_TEST_CASE(what_a_model_may_not_call_is_found_in_the_branch_of_a_submodules_method, fixture) {
  BOOST_TEST(contains(load_outcome("hides_file"), "operators: model.pt is refused: it calls aten::save in Hidden.write; "));
}

BOOST_FIXTURE_TEST_CASE(a_model_that_writes_files_while_it_is_loaded_writes_nothing_and_is_refused, fixture) {
  std::filesystem::remove("/tmp/troupe-model-wrote");
  BOOST_TEST(contains(load_outcome("writes_file_in_load"), "it calls aten::save in WritesFileInLoad.__setstate__; "));
  BOOST_TEST(!std::filesystem::exists("/tmp/troupe-model-wrote"));
}

BOOST_FIXTURE_TEST_CASE(a_model_cannot_read_files_while_it_is_loaded, fixture) {
  auto outcome = load_outcome("reads_file_in_load");
  BOOST_TEST(contains(outcome, "load: "));
  BOOST_TEST(contains(outcome, "Operation not permitted"));
}

BOOST_FIXTURE_TEST_CASE(a_model_cannot_start_threads_while_it_is_loaded, fixture) {
  BOOST_TEST(contains(load_outcome("starts_threads_in_load"), "load: "));
  spec.threads = 2; // whose sandbox lets replicas start threads
  BOOST_TEST(contains(load_outcome("starts_threads_in_load"), "load: "));
}
