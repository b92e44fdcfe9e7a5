#define BOOST_TEST_MODULE bad_model
#include "tests/e2e/shared_node.hpp"

#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::test;

namespace {

struct models : shared_node {
  /// Deploys what can't be served: the reason as a person sees it.
  std::string deploy_failure(const std::string& model) {
    auto done = node.troupe({"deploy", "bad", model_folder_of(model), "--timeout", "30s"});
    BOOST_TEST(done.code == 1);
    BOOST_TEST(contains(done.err, "failed while validating: "), done.err);
    BOOST_TEST_MESSAGE(model << ": " << done.err);
    return done.err;
  }
  std::string state() { return node.troupe({"status", "bad"}).out; }
};

/// A copy of a test model whose model.toml is another.
std::string folder_with(const temporary_folder& folder, const std::string& toml) {
  auto path = folder.path() / "model";
  std::filesystem::copy(model_folder_of("identity_fp32"), path);
  std::ofstream(path / "model.toml") << toml;
  return path.string();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_no_torchscript_file_is_refused, models) {
  auto reason = deploy_failure("garbage");
  BOOST_TEST(contains(reason, "model.pt"), reason);
  BOOST_TEST(contains(reason, "TorchScript"), reason);
  BOOST_TEST(contains(state(), "failed"));
}

BOOST_FIXTURE_TEST_CASE(a_truncated_file_is_refused, models) {
  auto reason = deploy_failure("truncated");
  BOOST_TEST(contains(reason, "model.pt"), reason);
}

BOOST_FIXTURE_TEST_CASE(a_model_that_crashes_in_load_fails_its_version_and_nothing_else, models) {
  auto reason = deploy_failure("crash_in_load");
  BOOST_TEST(contains(reason, "crash"), reason);
}

BOOST_FIXTURE_TEST_CASE(a_model_that_takes_100_gb_in_load_is_refused, models) {
  auto reason = deploy_failure("alloc_in_load");
  BOOST_TEST(contains(reason, "memory"), reason);
}

BOOST_FIXTURE_TEST_CASE(a_model_slower_than_it_declares_is_refused_and_told_which_limit, models) {
  auto reason = deploy_failure("slow");
  BOOST_TEST(contains(reason, "a batch of 16 rows of zeros: ran past limits.batch_timeout (200 ms)"), reason);
}

BOOST_FIXTURE_TEST_CASE(outputs_that_are_not_as_declared_are_refused_with_expected_and_found, models) {
  auto shape_reason = deploy_failure("wrong_output_shape");
  BOOST_TEST(contains(shape_reason, "[-1, 4]"), shape_reason);
  auto count_reason = deploy_failure("wrong_output_count");
  BOOST_TEST(contains(count_reason, "output"), count_reason);
  auto type_reason = deploy_failure("wrong_output_datatype");
  BOOST_TEST(contains(type_reason, "FP64"), type_reason);
  auto rows_reason = deploy_failure("wrong_output_rows");
  BOOST_TEST(contains(rows_reason, "output"), rows_reason);
}

BOOST_FIXTURE_TEST_CASE(inputs_that_are_not_as_declared_are_refused, models) {
  auto reason = deploy_failure("wrong_input_shape");
  BOOST_TEST(contains(reason, "called with zeros, the model failed"), reason);
}

BOOST_FIXTURE_TEST_CASE(a_failed_version_leaves_the_one_before_it_serving, models) {
  node.deploy("steady", "identity_fp32");
  auto failed = node.troupe({"deploy", "steady", model_folder_of("garbage")});
  BOOST_TEST(failed.code == 1);
  BOOST_TEST(client.echoes("steady"));
  BOOST_TEST(client.ask("steady", {fp32("x", {1, 1}, {1})}).version == 1U);
  BOOST_REQUIRE(node.troupe({"deploy", "steady", model_folder_of("identity_fp32")}).code == 0);
  BOOST_TEST(client.ask("steady", {fp32("x", {1, 1}, {1})}).version == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_model_toml_is_told_by_file_line_and_field_before_anything_is_sent, models) {
  temporary_folder folder;
  auto path = folder_with(folder, "max_batch = \"many\"\n\n[[inputs]]\nname = \"x\"\ndatatype = \"FP31\"\nshape = [-1, 1]\n"
                                  "[[outputs]]\nname = \"y\"\ndatatype = \"FP32\"\nshape = [-1, 1]\n");
  auto refused = node.troupe({"deploy", "bad", path});
  BOOST_TEST(refused.code == 2);
  BOOST_TEST(contains(refused.err, "model.toml:1"), refused.err);
  BOOST_TEST(contains(refused.err, "max_batch"), refused.err);
  BOOST_TEST(contains(refused.err, "FP31"), refused.err);
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_is_none_is_told_and_exits_with_2, models) {
  auto refused = node.troupe({"deploy", "bad", "/nonexistent"});
  BOOST_TEST(refused.code == 2);
  BOOST_TEST(contains(refused.err, "/nonexistent"), refused.err);
}
