#define BOOST_TEST_MODULE bad_request
#include "tests/e2e/shared_node.hpp"

#include <cmath>
#include <limits>

using namespace troupe;
using namespace troupe::test;

namespace {

/// "rows" takes x FP32 [-1, 4], at most 16 rows; "pairs" INPUT0 and INPUT1 of the same.
struct models : shared_node {
  models() {
    static bool deployed = false;
    if (!deployed) {
      node.deploy("rows", "raise_on_magic");
      node.deploy("pairs", "two_inputs");
      node.deploy("nan", "nan_maker");
    }
    deployed = true;
  }
  ~models() { BOOST_TEST(client.ask("rows", {row(1)}).error == ""); }

  std::string refusal(const std::string& deployment, const std::vector<named_tensor>& inputs) {
    return client.ask(deployment, inputs).error;
  }
};

/// Of input x, as JSON for `troupe infer`.
std::string json_of(const std::string& shape, const std::string& data) {
  return R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": )" + shape + R"(, "data": )" + data + "}]}";
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_wrong_shape_is_refused_with_expected_and_found, models) {
  auto refused = refusal("rows", {fp32("x", {1, 3}, {1, 2, 3})});
  BOOST_TEST(contains(refused, "invalid_argument: input 'x'"), refused);
  BOOST_TEST(contains(refused, "[-1, 4]"), refused);
  BOOST_TEST(contains(refused, "[1, 3]"), refused);
  BOOST_TEST(contains(refusal("rows", {fp32("x", {4}, {1, 2, 3, 4})}), "invalid_argument"));
}

BOOST_FIXTURE_TEST_CASE(the_command_line_tells_a_wrong_shape_and_exits_with_1, models) {
  auto refused = node.troupe({"infer", "rows", "-"}, json_of("[1, 3]", "[1, 2, 3]"));
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "error: input 'x'"), refused.err);
  BOOST_TEST(contains(refused.err, "[-1, 4]"), refused.err);
  BOOST_TEST(node.troupe({"infer", "rows", "-"}, json_of("[1, 4]", "[1, 2, 3, 4]")).code == 0);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_datatype_is_refused_with_expected_and_found, models) {
  named_tensor doubles{"x", datatype::fp64, {1, 4}, std::vector<std::byte>(32)};
  auto refused = refusal("rows", {doubles});
  BOOST_TEST(contains(refused, "invalid_argument: input 'x'"), refused);
  BOOST_TEST(contains(refused, "FP64"), refused);
  BOOST_TEST(contains(refused, "FP32"), refused);
  named_tensor unknown{"x", static_cast<datatype>(77), {1, 4}, std::vector<std::byte>(16)};
  BOOST_TEST(contains(refusal("rows", {unknown}), "invalid_argument: input 'x'"));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_name_is_refused_with_the_right_ones, models) {
  auto refused = refusal("rows", {fp32("y", {1, 4}, {1, 2, 3, 4})});
  BOOST_TEST(contains(refused, "invalid_argument: input 'y' is not one of this model's; it takes 'x'"), refused);
}

BOOST_FIXTURE_TEST_CASE(a_missing_input_is_named, models) {
  auto refused = refusal("pairs", {fp32("INPUT0", {1, 4}, {1, 2, 3, 4})});
  BOOST_TEST(contains(refused, "invalid_argument: input 'INPUT1' is missing; the model takes 'INPUT0', 'INPUT1'"), refused);
  BOOST_TEST(contains(refusal("rows", {}), "input 'x' is missing"));
}

BOOST_FIXTURE_TEST_CASE(an_extra_or_double_input_is_named, models) {
  auto one = fp32("INPUT0", {1, 4}, {1, 2, 3, 4});
  auto other = fp32("INPUT1", {1, 4}, {1, 2, 3, 4});
  auto extra = refusal("pairs", {one, other, fp32("INPUT2", {1, 4}, {1, 2, 3, 4})});
  BOOST_TEST(contains(extra, "invalid_argument: input 'INPUT2' is not one of this model's"), extra);
  auto twice = refusal("pairs", {one, one});
  BOOST_TEST(contains(twice, "invalid_argument: input 'INPUT0' is given more than once"), twice);
}

BOOST_FIXTURE_TEST_CASE(inputs_whose_rows_differ_are_refused, models) {
  auto refused = refusal("pairs", {fp32("INPUT0", {1, 4}, {1, 2, 3, 4}), fp32("INPUT1", {2, 4}, {1, 2, 3, 4, 1, 2, 3, 4})});
  BOOST_TEST(contains(refused, "invalid_argument: input 'INPUT1' has 2 rows, input 'INPUT0' has 1"), refused);
}

BOOST_FIXTURE_TEST_CASE(no_rows_are_refused, models) {
  auto refused = refusal("rows", {fp32("x", {0, 4}, {})});
  BOOST_TEST(contains(refused, "invalid_argument: the request has 0 rows; send at least 1"), refused);
}

BOOST_FIXTURE_TEST_CASE(more_rows_than_max_batch_are_refused_and_max_batch_is_served, models) {
  auto refused = refusal("rows", {fp32("x", {17, 4}, std::vector<float>(68, 1))});
  BOOST_TEST(contains(refused, "invalid_argument: the request has 17 rows, the model takes at most 16"), refused);
  BOOST_TEST(refusal("rows", {fp32("x", {16, 4}, std::vector<float>(64, 1))}) == "");
}

BOOST_FIXTURE_TEST_CASE(bytes_that_disagree_with_the_shape_are_refused, models) {
  for (auto bytes : {0U, 15U, 17U, 4096U}) {
    named_tensor wrong{"x", datatype::fp32, {1, 4}, std::vector<std::byte>(bytes)};
    auto refused = refusal("rows", {wrong});
    BOOST_TEST(contains(refused, "invalid_argument: input 'x'"), refused);
    BOOST_TEST(contains(refused, "needs 16 bytes, found " + std::to_string(bytes)), refused);
  }
}

BOOST_FIXTURE_TEST_CASE(dimensions_that_overflow_or_are_negative_are_refused, models) {
  constexpr auto huge = std::numeric_limits<std::int64_t>::max();
  for (const auto& dims :
       {shape{huge, 4}, shape{huge / 2, huge / 2}, shape{-1, 4}, shape{huge / 16 + 1, 4}, shape{1LL << 62, 4}}) {
    auto refused = refusal("rows", {fp32("x", dims, {1, 2, 3, 4})});
    BOOST_TEST(contains(refused, "invalid_argument: input 'x'"), to_string(dims) << ": " << refused);
  }
  auto refused = refusal("rows", {fp32("x", shape(9, 1), {1})});
  BOOST_TEST(contains(refused, "invalid_argument: input 'x' has 9 dimensions; at most 8 are served"), refused);
}

BOOST_FIXTURE_TEST_CASE(nan_infinities_minus_zero_and_denormals_pass_unchanged, models) {
  constexpr auto infinity = std::numeric_limits<float>::infinity();
  auto given = fp32("x", {2, 4}, {std::nanf("77"), infinity, -infinity, -0.0F, 1e-45F, 0, -1e-40F, std::nanf("")});
  auto got = client.ask("rows", {given});
  BOOST_REQUIRE_MESSAGE(got.error.empty(), got.error);
  BOOST_TEST((got.outputs.at(0).data == given.data));
}

BOOST_FIXTURE_TEST_CASE(nan_and_infinities_that_a_model_makes_reach_the_caller, models) {
  auto made = floats_of(client.ask("nan", {row(1)}).outputs.at(0));
  BOOST_TEST(std::isnan(made[0]));
  BOOST_TEST(made[1] == std::numeric_limits<float>::infinity());
  BOOST_TEST(made[2] == -std::numeric_limits<float>::infinity());
  BOOST_TEST(made[3] == 4);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_deployment_is_told_with_what_to_do, models) {
  BOOST_TEST(contains(refusal("nothing", {row(1)}), "not_found: no deployment 'nothing'"));
  auto refused = node.troupe({"infer", "nothing", "-"}, json_of("[1, 4]", "[1, 2, 3, 4]"));
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.err, "`troupe status` lists what there is"), refused.err);
  for (const auto& command :
       {std::vector<std::string>{"scale", "nothing", "2"}, {"undeploy", "nothing"}, {"status", "nothing"}}) {
    auto result = node.troupe(command);
    BOOST_TEST(result.code == 1);
    BOOST_TEST(contains(result.err, "no deployment 'nothing'"), command[0] << ": " << result.err);
  }
}

BOOST_FIXTURE_TEST_CASE(a_deadline_that_has_passed_is_told_and_exits_with_4, models) {
  auto late = node.troupe({"infer", "rows", "-", "--deadline", "1us"}, json_of("[1, 4]", "[1, 2, 3, 4]"));
  BOOST_TEST(late.code == 4);
  BOOST_TEST(contains(late.err, "deadline"), late.err);
}
