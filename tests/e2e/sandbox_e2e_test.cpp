#define BOOST_TEST_MODULE sandbox
#include "tests/e2e/shared_node.hpp"

#include <filesystem>

using namespace troupe;
using namespace troupe::test;

namespace {

/// Deploys a model that attacks, and asks it. What it is told while it is tried out, or when it is asked; empty: it went on without.
struct attack : shared_node {
  std::string outcome(const std::string& model) {
    auto deployed = node.troupe({"deploy", "attack", model_folder_of(model), "--timeout", "30s"});
    BOOST_TEST_MESSAGE(model << ": " << deployed.err);
    return deployed.code == 0 ? client.ask("attack", {row(1)}).error : deployed.err;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_model_that_writes_a_file_is_refused_and_writes_nothing, attack) {
  std::filesystem::remove("/tmp/troupe-model-wrote");
  BOOST_TEST(contains(outcome("writes_file"), "aten::save"));
  BOOST_TEST(contains(outcome("writes_file_in_load"), "aten::save"));
  BOOST_TEST(!std::filesystem::exists("/tmp/troupe-model-wrote"));
}

BOOST_FIXTURE_TEST_CASE(a_model_that_reads_a_file_is_refused, attack) {
  BOOST_TEST(contains(outcome("reads_file"), "aten::from_file"));
  BOOST_TEST(contains(outcome("reads_file_in_load"), "/etc/passwd"));
}

BOOST_FIXTURE_TEST_CASE(a_model_that_starts_threads_is_refused, attack) {
  BOOST_TEST(contains(outcome("starts_threads"), "prim::fork"));
  BOOST_TEST(outcome("starts_threads_in_load") != "");
}
