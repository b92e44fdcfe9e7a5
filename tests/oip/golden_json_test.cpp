#define BOOST_TEST_MODULE golden_json
#include "runtime/oip/golden_json.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>

using namespace troupe;
namespace data = boost::unit_test::data;

namespace {

/// An image and a mask with a batch of at most 4 rows; a score and a label.
model_spec spec() {
  model_spec made;
  made.inputs = {{"image", datatype::fp32, {-1, 2}}, {"mask", datatype::uint8, {-1, -1}}};
  made.outputs = {{"scores", datatype::fp32, {-1, 2}}, {"label", datatype::int64, {-1}}};
  made.max_batch = 4;
  made.input_bytes_max = 100;
  return made;
}

std::string tensor(const std::string& name, const std::string& type, const std::string& dims, const std::string& values) {
  return R"({"name": ")" + name + R"(", "datatype": ")" + type + R"(", "shape": )" + dims + R"(, "data": )" + values + "}";
}

const std::string image = tensor("image", "FP32", "[1, 2]", "[0.5, 1]");
const std::string mask = tensor("mask", "UINT8", "[1, 1]", "[255]");
const std::string scores = tensor("scores", "FP32", "[1, 2]", "[0.97, 0.03]");

std::string with_case(const std::string& inputs, const std::string& outputs) {
  return R"({"cases": [{"inputs": [)" + image + ", " + mask + R"(], "outputs": [)" + scores + R"(]}, {"inputs": [)" + inputs
         + R"(], "outputs": [)" + outputs + "]}]}";
}

const std::string good = with_case(image + ", " + mask, scores);

template <class T>
std::vector<T> values_of(const golden_tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

golden_set parsed(const std::string& text, const model_spec& of = spec()) {
  auto read = parse_golden(text, "golden.json", of);
  BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.failure().message));
  return *read;
}

struct refusal {
  std::string text;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const refusal& row) {
  return out << row.message;
}

const refusal refusals[] = {
    {"", "not valid JSON at byte 1 (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")"},
    {R"({"cases": [NaN]})",
     "not valid JSON at byte 12 (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")"},
    {"[]", "the document: expected an object, found an array of 0 values"},
    {R"({"tolerence": {}})", "the document: field 'tolerence' is not known; did you mean 'tolerance'?"},
    {"{}", "the document: field 'cases' is missing; expected an array"},
    {R"({"cases": []})", "cases: expected 1 to 1000 cases, found 0"},
    {R"({"cases": {}})", "cases: expected an array, found an object"},
    {R"({"tolerance": 1, "cases": []})", "tolerance: expected an object, found 1"},
    {R"({"tolerance": {"abs": 1}, "cases": []})", "tolerance: field 'abs' is not known; known are absolute, relative"},
    {R"({"tolerance": {"absolute": -1}, "cases": []})", "tolerance.absolute: expected a number of 0 or more, found -1"},
    {R"({"tolerance": {"relative": "1"}, "cases": []})", "tolerance.relative: expected a number of 0 or more, found \"1\""},
    {R"({"cases": [1]})", "case 0: expected an object, found 1"},
    {R"({"cases": [{"input": []}]})", "case 0: field 'input' is not known; did you mean 'inputs'?"},
    {R"({"cases": [{"outputs": []}]})", "case 0: field 'inputs' is missing; expected an array"},
    {R"({"cases": [{"inputs": [7], "outputs": []}]})", "case 0: inputs[0]: expected an object, found 7"},
    {R"({"cases": [{"inputs": [{}], "outputs": []}]})", "case 0: inputs[0]: field 'name' is missing; expected a string"},
    {with_case(image, scores), "case 1: input 'mask' is missing; the model takes 'image', 'mask'"},
    {with_case(image + "," + image, scores), "case 1: input 'image' is given more than once"},
    {with_case(tensor("imge", "FP32", "[1, 2]", "[1, 2]"), scores),
     "case 1: inputs[0].name: 'imge' is no input of model.toml; did you mean 'image'?"},
    {with_case(image + "," + mask, ""),
     "case 1: expected at least one output to compare, found none; the model gives 'scores', 'label'"},
    {with_case(image + "," + mask, scores + "," + scores), "case 1: output 'scores' is given more than once"},
    {with_case(image + "," + mask, image),
     "case 1: outputs[0].name: 'image' is no output of model.toml; known are scores, label"},
    {with_case(image + "," + mask, tensor("label", "INT32", "[1]", "[1]")),
     "case 1: output 'label': expected datatype INT64, found INT32"},
    {with_case(image + "," + mask, tensor("label", "INT128", "[1]", "[1]")),
     "case 1: output 'label'.datatype: expected BOOL, UINT8, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64 or BYTES, "
     "found 'INT128'"},
    {with_case(tensor("image", "FP32", "[1, 3]", "[1, 2, 3]"), scores),
     "case 1: input 'image': expected shape [-1, 2], found [1, 3]"},
    {with_case(tensor("image", "FP32", "[1, 2]", "[1, null]"), scores),
     "case 1: input 'image'.data[1]: expected a number, \"NaN\", \"Infinity\" or \"-Infinity\", found null"},
    {with_case(tensor("image", "FP32", "[1, 2]", "[1]"), scores),
     "case 1: input 'image'.data: shape [1, 2] needs 2 values, found 1"},
    {with_case(image + "," + tensor("mask", "UINT8", "[2, 1]", "[1, 2]"), scores),
     "case 1: input 'mask': expected 1 rows as in the case's first input, found 2"},
    {with_case(tensor("image", "FP32", "[0, 2]", "[]"), scores),
     "case 1: input 'image': expected 1 to 4 rows (max_batch in model.toml), found 0"},
    {with_case(tensor("image", "FP32", "[5, 2]", "[1,2,3,4,5,6,7,8,9,10]"), scores),
     "case 1: input 'image': expected 1 to 4 rows (max_batch in model.toml), found 5"},
    {with_case(image + "," + mask, tensor("scores", "FP32", "[2, 2]", "[1, 2, 3, 4]")),
     "case 1: output 'scores': expected 1 rows as in the case's first input, found 2"},
    {with_case(image + "," + tensor("mask", "UINT8", "[1, 93]", "[" + std::string(92 * 2, ' ').replace(0, 1, "0") + "]"), scores),
     "case 1: input 'mask'.data: shape [1, 93] needs 93 values, found 1"},
};

std::string numbers(std::size_t count) {
  std::string text = "[0";
  for (std::size_t i = 1; i < count; ++i)
    text += ",0";
  return text + "]";
}

} // namespace

BOOST_DATA_TEST_CASE(a_bad_file_is_refused_with_case_tensor_index_expected_and_found, data::make(refusals), row) {
  auto read = parse_golden(row.text, "golden.json", spec());
  BOOST_REQUIRE(!read.ok());
  BOOST_TEST((read.failure().code == error_code::invalid_argument));
  BOOST_TEST(read.failure().message == "golden.json: " + row.message);
}

BOOST_AUTO_TEST_CASE(inputs_larger_than_a_batch_may_be_are_refused) {
  auto read =
      parse_golden(with_case(image + "," + tensor("mask", "UINT8", "[1, 93]", numbers(93)), scores), "golden.json", spec());
  BOOST_REQUIRE(!read.ok());
  BOOST_TEST(read.failure().message
             == "golden.json: case 1: the inputs have 101 bytes, the model takes at most 100 (limits.input_bytes in model.toml)");
}

BOOST_AUTO_TEST_CASE(more_cases_than_are_allowed_are_refused) {
  std::string one = R"({"inputs": [], "outputs": []})";
  std::string text = one;
  for (std::size_t i = 0; i < golden_cases_max; ++i)
    text += "," + one;
  auto read = parse_golden(R"({"cases": [)" + text + "]}", "golden.json", spec());
  BOOST_REQUIRE(!read.ok());
  BOOST_TEST(read.failure().message == "golden.json: cases: expected 1 to 1000 cases, found 1001");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_too_large_deep_or_full_is_refused_before_it_is_parsed) {
  auto large = parse_golden(std::string(golden_bytes_max + 1, ' '), "golden.json", spec());
  BOOST_REQUIRE(!large.ok());
  BOOST_TEST(large.failure().message == "golden.json: 64 MiB is too large, expected at most 64 MiB");
  auto deep = parse_golden(std::string(1'000'000, '['), "golden.json", spec());
  BOOST_REQUIRE(!deep.ok());
  BOOST_TEST(deep.failure().message == "golden.json: is nested deeper than 14 levels, which nothing in it needs");
  auto full = parse_golden(numbers(16'000'001), "golden.json", spec());
  BOOST_REQUIRE(!full.ok());
  BOOST_TEST(full.failure().message == "golden.json: holds too many values, at most about 16000000 numbers are taken");
}

BOOST_AUTO_TEST_CASE(inputs_and_outputs_come_out_in_the_models_order) {
  auto set = parsed(with_case(mask + "," + image, tensor("label", "INT64", "[1]", "[-7]")));
  BOOST_REQUIRE(set.cases.size() == 2U);
  const auto& one = set.cases[1];
  BOOST_TEST(one.rows == 1U);
  BOOST_TEST(values_of<float>(one.inputs[0]) == (std::vector<float>{0.5, 1}), boost::test_tools::per_element());
  BOOST_TEST(values_of<std::uint8_t>(one.inputs[1]) == (std::vector<std::uint8_t>{255}), boost::test_tools::per_element());
  BOOST_TEST((one.compared == std::vector<bool>{false, true}));
  BOOST_TEST(values_of<std::int64_t>(one.outputs[1]) == (std::vector<std::int64_t>{-7}), boost::test_tools::per_element());
  BOOST_TEST(one.outputs[0].data.empty());
}

BOOST_AUTO_TEST_CASE(a_tolerance_may_be_left_out_or_given_in_part) {
  BOOST_TEST(parsed(good).tolerance.absolute == 1e-5);
  auto text = R"({"tolerance": {"relative": 0.5}, )" + good.substr(1);
  BOOST_TEST(parsed(text).tolerance.relative == 0.5);
  BOOST_TEST(parsed(text).tolerance.absolute == 1e-5);
}

BOOST_AUTO_TEST_CASE(a_model_without_a_batch_has_cases_without_rows) {
  model_spec of;
  of.inputs = {{"x", datatype::boolean, {2}}};
  of.outputs = {{"y", datatype::fp64, {}}};
  auto set = parsed(R"({"cases": [{"inputs": [)" + tensor("x", "BOOL", "[2]", "[true, false]") + R"(], "outputs": [)"
                        + tensor("y", "FP64", "[]", R"(["-Infinity"])") + "]}]}",
                    of);
  BOOST_TEST(set.cases[0].rows == 0U);
  BOOST_TEST(std::isinf(values_of<double>(set.cases[0].outputs[0])[0]));
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same_in_every_datatype) {
  for (auto type : {datatype::boolean, datatype::uint8, datatype::int8, datatype::int16, datatype::int32, datatype::int64,
                    datatype::fp16, datatype::bf16, datatype::fp32, datatype::fp64})
    BOOST_TEST_CONTEXT(to_string(type)) {
      model_spec of;
      of.inputs = {{"x", type, {3}}};
      of.outputs = {{"y", type, {-1}}, {"z", type, {}}};
      golden_tensor three{{3}, std::vector<std::byte>(3 * element_size(type))};
      three.data[0] = std::byte{1};
      three.data[element_size(type)] = std::byte{1};
      golden_set set{{0.25, 0}, {{{three}, {three, {}}, {true, false}, 0}}};
      auto again = parsed(write_golden(set, of), of);
      BOOST_TEST((again.cases[0].inputs[0].data == three.data && again.cases[0].outputs[0].data == three.data));
      BOOST_TEST((again.cases[0].compared == set.cases[0].compared));
      BOOST_TEST(again.tolerance.absolute == 0.25);
      BOOST_TEST(again.tolerance.relative == 0);
    }
}
