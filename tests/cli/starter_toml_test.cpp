#define BOOST_TEST_MODULE starter_toml
#include "runtime/base/model_toml.hpp"
#include "runtime/cli/starter_toml.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(what_is_not_known_is_refused_by_line_and_field_with_what_to_fill_in) {
  starter_model model;
  model.inputs = {{"image", {}, {}}};
  model.outputs = {{"output", datatype::fp32, {}}};
  BOOST_TEST(!is_complete(model));
  auto parsed = parse_model_toml(starter_toml(model), "model.toml");
  BOOST_REQUIRE(!parsed.ok());
  BOOST_TEST(
      parsed.failure().message
      == "model.toml:2: max_batch: still to be filled in; expected a whole number from 0 to 65536\n"
         "model.toml:6: inputs[0].datatype: still to be filled in; expected one of BOOL, UINT8, INT8, INT16, INT32, INT64, FP16, "
         "BF16, FP32, FP64 or BYTES\n"
         "model.toml:7: inputs[0].shape: still to be filled in; expected a list of whole numbers like [-1, 64], where -1 is a "
         "free dimension\n"
         "model.toml:12: outputs[0].shape: still to be filled in; expected a list of whole numbers like [-1, 64], where -1 is a "
         "free dimension");
}

BOOST_AUTO_TEST_CASE(what_is_known_is_a_model_toml_that_reads_back_the_same) {
  starter_model model;
  model.inputs = {{"im\"age\\", datatype::int64, shape{-1, 3}}, {"mask", datatype::boolean, shape{-1}}};
  model.outputs = {{"scores", datatype::bf16, shape{-1, 10}}};
  model.max_batch = 64;
  BOOST_TEST(is_complete(model));
  auto parsed = parse_model_toml(starter_toml(model), "model.toml");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->max_batch == 64U);
  BOOST_TEST(
      (parsed->inputs == std::vector<tensor_spec>{{"im\"age\\", datatype::int64, {-1, 3}}, {"mask", datatype::boolean, {-1}}}));
  BOOST_TEST((parsed->outputs == std::vector<tensor_spec>{{"scores", datatype::bf16, {-1, 10}}}));
}
