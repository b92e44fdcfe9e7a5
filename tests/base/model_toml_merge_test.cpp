#define BOOST_TEST_MODULE model_toml_merge
#include "runtime/base/model_toml.hpp"
#include "runtime/base/model_toml_merge.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr const char* base = R"(
max_batch = 8 # rows
threads = 2
[[inputs]]
name = "a\"b"
datatype = "FP32"
shape = [-1, 64]
[[outputs]]
name = "y"
datatype = "FP64"
shape = [-1, 10]
[limits]
memory = "64MiB"
[batching]
max_delay = "5ms"
preserve_order = true
[[queue.priority]]
level = 1
rows = 30
)";

model_spec merged(const std::string& changes) {
  auto text = merged_model_toml(base, changes);
  BOOST_REQUIRE(text.ok());
  auto spec = parse_model_toml(*text, "model.toml");
  BOOST_REQUIRE_MESSAGE(spec.ok(), *text);
  return std::move(*spec);
}

} // namespace

BOOST_AUTO_TEST_CASE(without_changes_the_base_says_what_it_said) {
  auto spec = merged("");
  BOOST_TEST(spec.max_batch == 8U);
  BOOST_TEST(spec.threads == 2U);
  BOOST_TEST((spec.inputs == std::vector<tensor_spec>{{"a\"b", datatype::fp32, {-1, 64}}}));
  BOOST_TEST(spec.queue_levels.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_change_takes_the_place_of_its_key_alone) {
  auto spec = merged("max_batch = 16\n[batching]\nmax_delay = \"1ms\"\n");
  BOOST_TEST(spec.max_batch == 16U);
  BOOST_TEST(spec.threads == 2U);
  BOOST_TEST((spec.batching.max_delay == 1ms));
  BOOST_TEST(spec.batching.preserve_order);
}

BOOST_AUTO_TEST_CASE(tensors_are_replaced_as_a_whole) {
  auto spec = merged("[[inputs]]\nname = \"z\"\ndatatype = \"BOOL\"\nshape = [-1]\n");
  BOOST_TEST((spec.inputs == std::vector<tensor_spec>{{"z", datatype::boolean, {-1}}}));
  BOOST_TEST(spec.outputs.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_toml_is_refused) {
  BOOST_TEST((merged_model_toml("a =", "").failure().code == error_code::invalid_argument));
  BOOST_TEST((merged_model_toml("", "[").failure().code == error_code::invalid_argument));
}
