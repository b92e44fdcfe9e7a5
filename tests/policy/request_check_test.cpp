#define BOOST_TEST_MODULE request_check
#include "runtime/policy/request_check.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace troupe;

namespace {

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();

/// Two inputs with a batch of at most 4 rows and 100 bytes in all; two outputs.
model_spec two_inputs() {
  model_spec spec;
  spec.inputs = {{"image", datatype::fp32, {-1, 3}}, {"mask", datatype::uint8, {-1, -1}}};
  spec.outputs = {{"label", datatype::int64, {-1}}, {"score", datatype::fp32, {-1, 2}}};
  spec.max_batch = 4;
  spec.input_bytes_max = 100;
  return spec;
}

named_view given(std::string_view name, datatype type, const shape& dims, std::uint64_t size) {
  named_view made{name, {}};
  made.tensor.type = type;
  made.tensor.rank = static_cast<std::uint8_t>(dims.size());
  std::copy(dims.begin(), dims.end(), made.tensor.dims);
  made.tensor.size = size;
  return made;
}

named_view image(std::int64_t rows) {
  return given("image", datatype::fp32, {rows, 3}, static_cast<std::uint64_t>(rows) * 12);
}

named_view mask(std::int64_t rows) {
  return given("mask", datatype::uint8, {rows, 2}, static_cast<std::uint64_t>(rows) * 2);
}

struct refusal {
  std::vector<named_view> request;
  const char* message;
};

} // namespace

BOOST_AUTO_TEST_CASE(every_refusal_says_which_input_what_was_expected_and_what_was_found) {
  const std::vector<refusal> refusals = {
      {{}, "input 'image' is missing; the model takes 'image', 'mask'"},
      {{image(1)}, "input 'mask' is missing; the model takes 'image', 'mask'"},
      {{image(1), mask(1), given("extra", datatype::fp32, {1}, 4)},
       "input 'extra' is not one of this model's; it takes 'image', 'mask'"},
      {{image(1), given("Mask", datatype::uint8, {1, 2}, 2)},
       "input 'Mask' is not one of this model's; it takes 'image', 'mask'"},
      {{image(1), image(1)}, "input 'image' is given more than once"},
      {{image(1), mask(1), mask(1)}, "input 'mask' is given more than once"},
      {{given("image", datatype::fp64, {1, 3}, 24), mask(1)}, "input 'image': expected datatype FP32, found FP64"},
      {{given("image", static_cast<datatype>(99), {1, 3}, 12), mask(1)}, "input 'image': expected datatype FP32, found unknown"},
      {{given("image", datatype::fp32, {1, 4}, 16), mask(1)}, "input 'image': expected shape [-1, 3], found [1, 4]"},
      {{given("image", datatype::fp32, {3}, 12), mask(1)}, "input 'image': expected shape [-1, 3], found [3]"},
      {{given("image", datatype::fp32, {-1, 3}, 12), mask(1)},
       "input 'image': shape [-1, 3] has a negative dimension or overflows"},
      {{given("image", datatype::fp32, {huge, 3}, 12), mask(1)},
       "input 'image': shape [9223372036854775807, 3] has a negative dimension or overflows"},
      {{image(1), given("mask", datatype::uint8, {0, huge}, 0)},
       "input 'mask' has 0 rows, input 'image' has 1; all must have the same"},
      {{given("image", datatype::fp32, {1, 3}, 11), mask(1)}, "input 'image': shape [1, 3] of FP32 needs 12 bytes, found 11"},
      {{image(2), mask(1)}, "input 'mask' has 1 rows, input 'image' has 2; all must have the same"},
      {{image(0), mask(0)}, "the request has 0 rows; send at least 1"},
      {{image(5), mask(5)}, "the request has 5 rows, the model takes at most 4 (max_batch in model.toml); send several requests"},
      {{image(1), given("mask", datatype::uint8, {1, 89}, 89)},
       "the inputs have 101 bytes, the model takes at most 100 (limits.input_bytes in model.toml)"},
  };
  for (const auto& [request, message] : refusals)
    BOOST_TEST_CONTEXT(message) {
      std::vector<tensor_view> ordered;
      auto checked = check_request(two_inputs(), request, ordered);
      BOOST_REQUIRE(!checked);
      BOOST_TEST((checked.failure().code == error_code::invalid_argument));
      BOOST_TEST(checked.failure().message == message);
    }
}

BOOST_AUTO_TEST_CASE(a_name_of_megabytes_is_not_sent_back_whole) {
  std::string name(1 << 20, 'x');
  std::vector<tensor_view> ordered;
  auto checked = check_request(two_inputs(), {given(name, datatype::fp32, {1}, 4)}, ordered);
  BOOST_REQUIRE(!checked);
  BOOST_TEST(checked.failure().message.size() < 300U);
  BOOST_TEST(select_outputs(two_inputs(), {name}).failure().message.size() < 300U);
}

BOOST_AUTO_TEST_CASE(inputs_in_any_order_come_out_in_the_models) {
  std::vector<tensor_view> ordered;
  auto rows = check_request(two_inputs(), {mask(4), image(4)}, ordered);
  BOOST_REQUIRE(rows.ok());
  BOOST_TEST(*rows == 4U);
  BOOST_REQUIRE(ordered.size() == 2U);
  BOOST_TEST((ordered[0].type == datatype::fp32));
  BOOST_TEST((ordered[1].type == datatype::uint8));
}

BOOST_AUTO_TEST_CASE(a_request_of_exactly_the_bytes_allowed_is_taken) {
  std::vector<tensor_view> ordered;
  BOOST_TEST(check_request(two_inputs(), {image(1), given("mask", datatype::uint8, {1, 88}, 88)}, ordered).ok());
}

BOOST_AUTO_TEST_CASE(a_model_without_batches_has_no_rows) {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1}}};
  std::vector<tensor_view> ordered;
  auto rows = check_request(spec, {given("x", datatype::fp32, {0}, 0)}, ordered);
  BOOST_REQUIRE(rows.ok());
  BOOST_TEST(*rows == 0U);
}

BOOST_AUTO_TEST_CASE(an_output_that_the_model_does_not_give_is_refused_with_those_it_gives) {
  auto unknown = select_outputs(two_inputs(), {"labels"});
  BOOST_REQUIRE(!unknown);
  BOOST_TEST(unknown.failure().message == "output 'labels' is not one of this model's; it gives 'label', 'score'");
  auto twice = select_outputs(two_inputs(), {"score", "score"});
  BOOST_REQUIRE(!twice);
  BOOST_TEST(twice.failure().message == "output 'score' is asked for more than once");
}

BOOST_AUTO_TEST_CASE(outputs_come_in_the_order_they_are_asked_for_and_all_if_none_is) {
  BOOST_TEST(*select_outputs(two_inputs(), {"score", "label"}) == (std::vector<std::uint32_t>{1, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(*select_outputs(two_inputs(), {}) == (std::vector<std::uint32_t>{0, 1}), boost::test_tools::per_element());
}
