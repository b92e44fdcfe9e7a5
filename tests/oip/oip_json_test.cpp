#define BOOST_TEST_MODULE oip_json
#include "runtime/oip/json_fields.hpp"
#include "runtime/oip/oip_json.hpp"
#include "runtime/oip/oip_tensor.hpp"

#include "runtime/oip/bad_json.hpp"
#include "tests/support/byte_strings_of.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>

namespace {

using namespace troupe;
namespace data = boost::unit_test::data;

std::string request(const std::string& type, const std::string& dims, const std::string& values) {
  return R"({"inputs": [{"name": "x", "datatype": ")" + type + R"(", "shape": )" + dims + R"(, "data": )" + values + "}]}";
}

named_tensor input_of(const std::string& text) {
  auto parsed = parse_oip_request(text);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.failure().message));
  return parsed->inputs.at(0);
}

template <class T>
std::vector<T> values_of(const named_tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

struct refused {
  std::string text;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const refused& row) {
  return out << row.text.substr(0, 80);
}

const refused refusals[] = {
    {"", "not valid JSON at byte 1 (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")"},
    {R"({"inputs": [NaN]})",
     "not valid JSON at byte 13 (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")"},
    {R"({"inputs": [1e999]})",
     "a number is too large for any datatype: [json.exception.out_of_range.406] number overflow parsing '1e999'"},
    {"[1]", "the request: expected an object, found an array of 1 value"},
    {"{}", "the request: field 'inputs' is missing; expected an array"},
    {R"({"inputs": 3})", "inputs: expected an array, found 3"},
    {R"({"inputs": ["x"]})", "inputs[0]: expected an object, found \"x\""},
    {R"({"inputs": [{}]})", "inputs[0]: field 'name' is missing; expected a string"},
    {R"({"inputs": [{"name": 7}]})", "inputs[0].name: expected a string, found 7"},
    {R"({"inputs": [], "id": 7})", "id: expected a string, found 7"},
    {R"({"inputs": [], "parameters": {}})", "the request: field 'parameters' is not known; known are id, inputs, outputs"},
    {R"({"inputs": [], "outputs": [{}]})", "outputs[0]: field 'name' is missing; expected a string"},
    {R"({"inputs": [{"name": "x", "dtype": "FP32"}]})",
     "inputs[0]: field 'dtype' is not known; known are name, shape, datatype, data"},
    {request("FLOAT", "[1]", "[1]"),
     "inputs[0].datatype: expected BOOL, UINT8, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64 or BYTES, found 'FLOAT'"},
    {request("FP16", "[1]", "[1]"),
     "inputs[0].datatype: FP16 can't be written in JSON; save the array with numpy.save and pass it by --input NAME=FILE.npy"},
    {request("BF16", "[1]", "[1]"),
     "inputs[0].datatype: BF16 can't be written in JSON; deploy the model with an FP32 input that it converts itself"},
    {request("FP32", "4", "[1]"), "inputs[0].shape: expected an array, found 4"},
    {request("FP32", "[-1]", "[1]"), "inputs[0].shape[0]: expected a size of 0 or more, found -1"},
    {request("FP32", "[1, 2.5]", "[1]"), "inputs[0].shape[1]: expected a size of 0 or more, found 2.5"},
    {request("FP32", "[18446744073709551615]", "[1]"),
     "inputs[0].shape[0]: expected a size of 0 or more, found 18446744073709551615"},
    {request("FP32", "[1,1,1,1,1,1,1,1,1]", "[1]"), "inputs[0].shape: expected at most 8 dimensions, found 9"},
    {request("FP32", "[4611686018427387904, 4]", "[1]"), "inputs[0].data: the shape [4611686018427387904, 4] is too large"},
    {request("FP32", "[2]", "\"AAAA\""), "inputs[0].data: expected an array, found \"AAAA\""},
    {request("FP32", "[2, 2]", "[1, 2, 3]"), "inputs[0].data: shape [2, 2] needs 4 values, found 3"},
    {request("FP32", "[0]", "[1]"), "inputs[0].data: shape [0] needs 0 values, found 1"},
    {request("FP32", "[2, 2]", "[[1, 2]]"), "inputs[0].data: expected 2 values as dimension 0 of the shape says, found 1"},
    {request("FP32", "[2, 2]", "[[1, 2], [3]]"),
     "inputs[0].data[1]: expected 2 values as dimension 1 of the shape says, found 1"},
    {request("FP32", "[2, 2]", "[[1, 2], 3]"), "inputs[0].data[1]: expected an array of 2 values, found 3"},
    {request("FP32", "[1, 2]", "[[1, [2]]]"),
     "inputs[0].data[0][1]: expected a number, \"NaN\", \"Infinity\" or \"-Infinity\", found an array of 1 value"},
    {request("FP32", "[2]", "[1, null]"),
     "inputs[0].data[1]: expected a number, \"NaN\", \"Infinity\" or \"-Infinity\", found null"},
    {request("FP32", "[1]", "[1e39]"), "inputs[0].data[0]: expected a number that fits FP32, found 1e+39"},
    {request("INT8", "[2]", "[127, 128]"), "inputs[0].data[1]: expected an integer from -128 to 127, found 128"},
    {request("INT8", "[1]", "[-129]"), "inputs[0].data[0]: expected an integer from -128 to 127, found -129"},
    {request("UINT8", "[1]", "[-1]"), "inputs[0].data[0]: expected an integer from 0 to 255, found -1"},
    {request("INT32", "[1]", "[1.0]"), "inputs[0].data[0]: expected an integer from -2147483648 to 2147483647, found 1.0"},
    {request("INT64", "[1]", "[9223372036854775808]"),
     "inputs[0].data[0]: expected an integer from -9223372036854775808 to 9223372036854775807, found 9223372036854775808"},
    {request("BOOL", "[1]", "[1]"), "inputs[0].data[0]: expected true or false, found 1"},
};

} // namespace

BOOST_DATA_TEST_CASE(a_bad_request_is_refused_with_the_fields_path, data::make(refusals), row) {
  auto parsed = parse_oip_request(row.text);
  BOOST_REQUIRE(!parsed.ok());
  BOOST_TEST((parsed.failure().code == error_code::invalid_argument));
  BOOST_TEST(parsed.failure().message == row.message);
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_brackets_are_refused_and_harm_nothing) {
  auto parsed = parse_oip_request(request("FP32", "[1]", std::string(100'000, '[') + std::string(100'000, ']')));
  BOOST_REQUIRE(!parsed.ok());
}

BOOST_AUTO_TEST_CASE(long_or_binary_text_is_shortened_in_messages) {
  auto excerpt = json_excerpt(std::string(1000, 'a') + "\x1b[2J");
  BOOST_TEST(excerpt.size() < 50U);
  BOOST_TEST(json_excerpt("\x1b").find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(flat_and_nested_data_are_the_same_tensor) {
  auto flat = input_of(request("FP32", "[2, 1, 2]", "[1, 2, 3, 4]"));
  auto nested = input_of(request("FP32", "[2, 1, 2]", "[[[1, 2]], [[3, 4]]]"));
  BOOST_TEST(values_of<float>(flat) == (std::vector<float>{1, 2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST((flat.data == nested.data));
}

BOOST_AUTO_TEST_CASE(the_limits_of_integers_are_read_exactly) {
  auto int64 = input_of(request("INT64", "[2]", "[-9223372036854775808, 9223372036854775807]"));
  BOOST_TEST(values_of<std::int64_t>(int64) == (std::vector<std::int64_t>{INT64_MIN, INT64_MAX}),
             boost::test_tools::per_element());
  auto uint8 = input_of(request("UINT8", "[2]", "[0, 255]"));
  BOOST_TEST(values_of<std::uint8_t>(uint8) == (std::vector<std::uint8_t>{0, 255}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nan_and_infinities_are_read_from_strings) {
  auto values = values_of<double>(input_of(request("FP64", "[3]", R"(["NaN", "Infinity", "-Infinity"])")));
  BOOST_TEST(std::isnan(values[0]));
  BOOST_TEST((std::isinf(values[1]) && values[1] > 0));
  BOOST_TEST((std::isinf(values[2]) && values[2] < 0));
}

BOOST_AUTO_TEST_CASE(scalars_empty_tensors_id_and_wanted_outputs_are_read) {
  auto scalar = input_of(request("BOOL", "[]", "[true]"));
  BOOST_TEST(scalar.dims.empty());
  BOOST_TEST(input_of(request("FP32", "[0, 4]", "[]")).data.empty());
  auto parsed = parse_oip_request(R"({"id": "a", "inputs": [], "outputs": [{"name": "scores"}]})");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(parsed->id == "a");
  BOOST_TEST(parsed->outputs.at(0) == "scores");
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
  for (auto text : {request("FP32", "[5]", R"([0.1, -0.0, 1e-45, 3.4028235e38, "-Infinity"])"),
                    request("FP64", "[3]", "[0.1, 1e308, 5e-324]"), request("INT64", "[2]", "[-9223372036854775808, 1]"),
                    request("BOOL", "[2]", "[true, false]"), request("BYTES", "[2]", R"(["\u00e9\"", ""])")}) {
    auto tensor = input_of(text);
    auto again = input_of(nlohmann::ordered_json{{"inputs", {oip_tensor(tensor)}}}.dump());
    BOOST_TEST((again.data == tensor.data && again.type == tensor.type && again.dims == tensor.dims));
  }
}

BOOST_AUTO_TEST_CASE(reals_are_written_as_the_shortest_text) {
  auto tensor = input_of(request("FP32", "[2]", R"([0.1, "NaN"])"));
  BOOST_TEST(oip_tensor(tensor)["data"].dump() == R"([0.1,"NaN"])");
  BOOST_TEST((element_texts(tensor, 5) == std::vector<std::string>{"0.1", "NaN"}));
  BOOST_TEST((element_texts(tensor, 1) == std::vector<std::string>{"0.1"}));
}

BOOST_AUTO_TEST_CASE(strings_stand_quoted_and_printable_in_tables_and_only_as_utf8_in_json) {
  auto longest = std::string(63, 'x') + "\xc3\xa9";
  named_tensor words{"words", datatype::bytes, {4}, byte_strings_of({"a", "b\n", longest, "\xff"})};
  BOOST_TEST(
      (element_texts(words, 4) == std::vector<std::string>{"\"a\"", "\"b?\"", "\"" + std::string(63, 'x') + "…\"", "(1 bytes)"}));
  BOOST_CHECK_EXCEPTION(oip_tensor(words), bad_json, [](const bad_json& refused) {
    return refused.message
           == "output 'words' has a string that isn't UTF-8, which JSON can't carry; ask for it as binary data "
              "(parameters.binary_data)";
  });
}

BOOST_AUTO_TEST_CASE(fp16_and_bf16_outputs_are_written_as_decimals) {
  auto bytes = [](std::initializer_list<std::uint16_t> halves) {
    auto first = reinterpret_cast<const std::byte*>(halves.begin());
    return std::vector<std::byte>(first, first + halves.size() * 2);
  };
  named_tensor half{"h", datatype::fp16, {6}, bytes({0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555})};
  BOOST_TEST(oip_tensor(half)["data"].dump() == R"([1.0,-2.0,5.9604645e-08,65504.0,"Infinity",0.33325195])");
  named_tensor brain{"b", datatype::bf16, {2}, bytes({0x3f80, 0x7fc0})};
  BOOST_TEST(oip_tensor(brain)["data"].dump() == R"([1.0,"NaN"])");
}
