#define BOOST_TEST_MODULE infer_query
#include "runtime/oip/infer_query.hpp"
#include "tests/support/byte_strings_of.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <random>

namespace {

using namespace troupe;
namespace data = boost::unit_test::data;

/// A model that takes 'x' and 'y' of any shape, and gives 'a' and 'b'.
model_spec two_by_two() {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1, 2}}, {"y", datatype::int32, {-1}}};
  spec.outputs = {{"a", datatype::fp32, {-1, 2}}, {"b", datatype::fp32, {-1, 3}}};
  return spec;
}

const model_spec spec = two_by_two();

/// A body with readable bytes behind it, which look as much like JSON's end as they can.
class padded {
public:
  explicit padded(std::string_view body, char padding = '}')
    : bytes_(std::string(body) + std::string(infer_body_padding, padding)), size_(body.size()) {}
  std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

private:
  std::string bytes_;
  std::size_t size_;
};

/// A query with the body that it points into.
struct asked {
  padded body;
  infer_query query;
};

std::unique_ptr<asked> read(const std::string& body, std::optional<std::size_t> header = {}, const model_spec& of = spec) {
  auto made = std::make_unique<asked>(asked{padded(body), {}});
  auto outcome = read_infer_query(made->body.view(), header, of);
  BOOST_REQUIRE_MESSAGE(outcome.ok(), (outcome.ok() ? "" : outcome.failure().message));
  made->query = std::move(outcome).value();
  return made;
}

std::string refusal(const std::string& body, std::optional<std::size_t> header = {}, const model_spec& of = spec) {
  padded kept(body);
  auto outcome = read_infer_query(kept.view(), header, of);
  BOOST_REQUIRE(!outcome.ok());
  BOOST_TEST((outcome.failure().code == error_code::invalid_argument));
  return outcome.failure().message;
}

std::string input(const std::string& type, const std::string& dims, const std::string& values) {
  return R"({"inputs": [{"name": "x", "datatype": ")" + type + R"(", "shape": )" + dims + R"(, "data": )" + values + "}]}";
}

std::string with(const std::string& field) {
  return R"({"inputs": [], )" + field + "}";
}

std::string binary_input(const std::string& type, const std::string& dims, std::size_t bytes) {
  return R"({"inputs": [{"name": "x", "datatype": ")" + type + R"(", "shape": )" + dims
         + R"(, "parameters": {"binary_data_size": )" + std::to_string(bytes) + "}}]}";
}

template <class T>
std::vector<T> values_of(const tensor_view& tensor) {
  std::vector<T> values(tensor.size / sizeof(T));
  if (tensor.size > 0)
    std::memcpy(values.data(), tensor.data, tensor.size);
  return values;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

struct refused {
  std::string body;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const refused& row) {
  return out << row.body.substr(0, 100);
}

const std::string not_json = " (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")";
const std::string fp32 = "expected a number that fits FP32, \"NaN\", \"Infinity\" or \"-Infinity\", found ";

const refused refusals[] = {
    {"", "the request: expected a JSON object, found nothing"},
    {R"({"inputs)", "the request: not valid JSON: a string is not closed"},
    {"{\"id\": \"\xff\"}", "the request: not valid UTF-8"},
    {" \n", "the request: expected a JSON object, found nothing"},
    {R"({"inputs": [)", "the request: not valid JSON: it ends before its last bracket"},
    {"7", "the request: expected an object"},
    {"[1]", "the request: expected an object"},
    {R"({"inputs": [NaN]})", "the request: not valid JSON at byte 13" + not_json},
    {R"({"inputs": [}})", "the request: not valid JSON at byte 13" + not_json},
    {R"({"inputs": []} {})", "the request: not valid JSON at byte 16" + not_json},
    {R"({"inputs": [], "extra": nul})", "the request: not valid JSON at byte 25" + not_json},
    {R"({"inputs": [], "extra": [1, {"a" 2}]})", "the request: not valid JSON at byte 34" + not_json},
    {"{}", "the request: field 'inputs' is missing; expected an array"},
    {R"({"inputs": null})", "the request: field 'inputs' is missing; expected an array"},
    {R"({"inputs": 3})", "inputs: expected an array, found 3"},
    {R"({"inputs": [], "inputs": []})", "the request: field 'inputs' is given more than once"},
    {R"({"inputs": ["x"]})", "inputs[0]: expected an object, found \"x\""},
    {R"({"inputs": [[1, 2]]})", "inputs[0]: expected an object, found an array of 2 values"},
    {R"({"inputs": [{}]})", "inputs[0]: field 'name' is missing; expected a string"},
    {R"({"inputs": [{"name": 7}]})", "inputs[0].name: expected a string, found 7"},
    {R"({"inputs": [{"name": "z"}]})", "inputs[0].name: 'z' is no input of this model; did you mean 'x'?"},
    {R"({"inputs": [{"name": "x"}]})", "inputs[0]: field 'datatype' is missing; expected a string"},
    {R"({"inputs": [{"name": "x", "datatype": "FP32"}]})", "inputs[0]: field 'shape' is missing; expected an array"},
    {R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1]}]})",
     "inputs[0]: field 'data' is missing; expected an array (or parameters.binary_data_size)"},
    {R"({"inputs": [{"name": "x", "shape": [0], "data": [], "datatype": "FP32"},
                    {"name": "x", "shape": [0], "data": [], "datatype": "FP32"}]})",
     "inputs[1].name: input 'x' is given more than once"},
    {R"({"inputs": [{"data": [1], "name": "x", "shape": [2], "datatype": "FP32"}]})",
     "inputs[0].data: shape [2] needs 2 values, found 1"},
    {R"({"inputs": [{"data": [1}, "name": "x", "shape": [2], "datatype": "FP32"}]})",
     "the request: not valid JSON at byte 24" + not_json},
    {R"({"inputs": [{"parameters": {"shared_memory_region": "r"}}]})",
     "inputs[0].parameters.shared_memory_region: shared memory is not supported; send the data in the request"},

    {input("UINT16", "[1]", "[1]"),
     "inputs[0].datatype: expected BOOL, UINT8, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64 or BYTES, found 'UINT16'"},
    {input("BYTES", "[2]", "[\"a\", 1]"), "inputs[0].data[1]: expected a string, found 1"},
    {input("BYTES", "[2]", "[\"a\"]"), "inputs[0].data: shape [2] needs 2 values, found 1"},
    {input("BYTES", "[1]", "[\"\\ud800\"]"), "inputs[0].data[0]: expected a string, found \"\\ud800\""},
    {input("FP16", "[1]", "[1]"), "inputs[0].data: receiving FP16 data via JSON is not supported; use the binary data format "
                                  "(parameters.binary_data_size) for it"},
    {input("BF16", "[1]", "[1]"), "inputs[0].data: receiving BF16 data via JSON is not supported; use the binary data format "
                                  "(parameters.binary_data_size) for it"},
    {input("FP32", "4", "[1]"), "inputs[0].shape: expected an array, found 4"},
    {input("FP32", "[-1]", "[1]"), "inputs[0].shape[0]: expected a size of 0 or more, found -1"},
    {input("FP32", "[-7]", "[1]"), "inputs[0].shape[0]: expected a size of 0 or more, found -7"},
    {input("FP32", "[1, 2.5]", "[1]"), "inputs[0].shape[1]: expected a size of 0 or more, found 2.5"},
    {input("FP32", "[18446744073709551615]", "[1]"),
     "inputs[0].shape[0]: expected a size of 0 or more, found 18446744073709551615"},
    {input("FP32", "[1,1,1,1,1,1,1,1,1]", "[1]"), "inputs[0].shape: expected at most 8 dimensions, found 9"},
    {input("FP32", "[4611686018427387904, 4]", "[1]"), "inputs[0].shape: the shape [4611686018427387904, 4] is too large"},
    {input("FP32", "[1000000000000]", "[1]"),
     "inputs[0].data: shape [1000000000000] needs 1000000000000 values, more than 86 bytes of JSON can hold"},

    {input("FP32", "[2]", "\"AAAA\""), "inputs[0].data: expected an array, found \"AAAA\""},
    {input("FP32", "[2, 2]", "[1, 2, 3]"), "inputs[0].data: shape [2, 2] needs 4 values, found 3"},
    {input("FP32", "[2]", "[1, 2, 3, [4, 5]]"), "inputs[0].data: shape [2] needs 2 values, found 4"},
    {input("FP32", "[0]", "[1]"), "inputs[0].data: shape [0] needs 0 values, found 1"},
    {input("FP32", "[2, 2]", "[[1, 2]]"), "inputs[0].data: expected 2 values as dimension 0 of the shape says, found 1"},
    {input("FP32", "[2, 2]", "[[1, 2], [3]]"), "inputs[0].data[1]: expected 2 values as dimension 1 of the shape says, found 1"},
    {input("FP32", "[1, 2]", "[ [1, 2, 3]]"), "inputs[0].data[0]: expected 2 values as dimension 1 of the shape says, found 3"},
    {input("FP32", "[2, 2]", "[[1, 2], 3]"), "inputs[0].data[1]: expected an array of 2 values, found 3"},
    {input("FP32", "[1, 2]", "[[1, [2]]]"), "inputs[0].data[0][1]: " + fp32 + "an array of 1 value"},
    {input("FP32", "[2]", "[[1], [2]]"), "inputs[0].data[0]: " + fp32 + "an array of 1 value"},
    {input("FP32", "[2]", "[1, null]"), "inputs[0].data[1]: " + fp32 + "null"},
    {input("FP32", "[2]", "[1, \"nan\" ]"), "inputs[0].data[1]: " + fp32 + "\"nan\""},
    {input("FP32", "[1]", "[1e39]"), "inputs[0].data[0]: " + fp32 + "1e39"},
    {input("FP32", "[1]", "[1e999]"), "inputs[0].data[0]: " + fp32 + "1e999"},
    {input("FP32", "[1]", "[01]"), "inputs[0].data[0]: " + fp32 + "01"},
    {input("FP32", "[1]", "[{}]"), "inputs[0].data[0]: " + fp32 + "an object"},
    {input("INT8", "[2]", "[127, 128]"), "inputs[0].data[1]: expected an integer from -128 to 127, found 128"},
    {input("INT8", "[1]", "[-129]"), "inputs[0].data[0]: expected an integer from -128 to 127, found -129"},
    {input("UINT8", "[1]", "[-1]"), "inputs[0].data[0]: expected an integer from 0 to 255, found -1"},
    {input("INT16", "[1]", "[32768]"), "inputs[0].data[0]: expected an integer from -32768 to 32767, found 32768"},
    {input("INT32", "[1]", "[1.0]"), "inputs[0].data[0]: expected an integer from -2147483648 to 2147483647, found 1.0"},
    {input("INT64", "[1]", "[9223372036854775808]"),
     "inputs[0].data[0]: expected an integer from -9223372036854775808 to 9223372036854775807, found 9223372036854775808"},
    {input("BOOL", "[1]", "[2]"), "inputs[0].data[0]: expected true or false, found 2"},
    {input("BOOL", "[1]", "[\"true\"]"), "inputs[0].data[0]: expected true or false, found \"true\""},

    {with(R"("id": 7)"), "id: expected a string, found 7"},
    {with(R"("outputs": {})"), "outputs: expected an array, found an object"},
    {with(R"("outputs": [{}])"), "outputs[0]: field 'name' is missing; expected a string"},
    {with(R"("outputs": [{"name": "c"}])"), "outputs[0].name: 'c' is no output of this model; did you mean 'a'?"},
    {with(R"("outputs": [{"name": "a"}, {"name": "a"}])"), "outputs[1].name: output 'a' is asked for more than once"},
    {with(R"("outputs": [{"name": "a", "parameters": {"binary_data": 1}}])"),
     "outputs[0].parameters.binary_data: expected true or false, found 1"},
    {with(R"("outputs": [{"name": "a", "parameters": {"classification": 0}}])"),
     "outputs[0].parameters.classification: expected a number of classes from 1 to 4294967295, found 0"},
    {with(R"("outputs": [{"name": "a", "parameters": {"classification": -2}}])"),
     "outputs[0].parameters.classification: expected a number of classes from 1 to 4294967295, found -2"},
    {with(R"("outputs": [{"name": "a", "parameters": {"shared_memory_region": "r"}}])"),
     "outputs[0].parameters.shared_memory_region: shared memory is not supported; send the data in the request"},
    {with(R"("parameters": [])"), "parameters: expected an object, found an array of 0 values"},
    {with(R"("parameters": {"priority": -1})"), "parameters.priority: expected a whole number of 0 or more, found -1"},
    {with(R"("parameters": {"timeout": "5s"})"),
     "parameters.timeout: expected a number of microseconds, whole, of 0 or more, found \"5s\""},
    {with(R"("parameters": {"binary_data_output": "yes"})"),
     "parameters.binary_data_output: expected true or false, found \"yes\""},
    {with(R"("parameters": {"sequence_id": 3})"),
     "parameters.sequence_id: sequences are not supported; send the request without it"},
    {with(R"("parameters": {"triton_final_response": true})"),
     "parameters.triton_final_response: names that begin with triton_ are reserved"},
};

} // namespace

BOOST_DATA_TEST_CASE(a_bad_request_is_refused_with_the_fields_path, data::make(refusals), row) {
  BOOST_TEST(refusal(row.body) == row.message);
}

BOOST_AUTO_TEST_CASE(a_real_is_rounded_once_to_the_nearest_float) {
  const std::vector<std::pair<const char*, std::uint32_t>> cases = {
      {"7.038531e-26", 0x15ae43fd},                 // as a double it lies halfway, and the even neighbour is another
      {"1.00000017881393432617187499", 0x3f800001}, // below the middle of two floats, on it, and above
      {"1.000000178813934326171875", 0x3f800002},
      {"1.00000005960464477539062501", 0x3f800001},
      {"1e-46", 0},
      {"3.4028235677973366e38", 0x7f800000 - 1}, // the largest float's last: below the middle to what would be the next
  };
  for (const auto& [text, bits] : cases) {
    auto values = values_of<std::uint32_t>(read(input("FP32", "[1]", "[" + std::string(text) + "]"))->query.inputs[0].tensor);
    BOOST_TEST(values.at(0) == bits, text);
  }
}

BOOST_AUTO_TEST_CASE(binary_data_that_disagree_with_their_description_are_refused) {
  auto refusal_of = [](const std::string& json, const std::string& binary) { return refusal(json + binary, json.size()); };
  std::string eight(8, '\0');
  BOOST_TEST(refusal_of(binary_input("FP32", "[3]", 8), eight)
             == "inputs[0].parameters.binary_data_size: shape [3] of FP32 needs 12 bytes, found 8");
  BOOST_TEST(refusal_of(binary_input("FP32", "[4]", 16), eight)
             == "inputs[0].parameters.binary_data_size: expected at most 8, the bytes that are left behind the JSON, found 16");
  BOOST_TEST(refusal(binary_input("FP32", "[1]", 4))
             == "inputs[0].parameters.binary_data_size: expected at most 0, the bytes that are left behind the JSON, found 4");
  BOOST_TEST(refusal_of(binary_input("FP32", "[1]", 4), eight)
             == "the request: 4 bytes of binary data are left that no input's binary_data_size claims");
  BOOST_TEST(refusal_of(R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2],
                                       "parameters": {"binary_data_size": 8}}]})",
                        eight)
             == "inputs[0]: has both 'data' and parameters.binary_data_size; send one of them");
  BOOST_TEST(refusal_of(R"({"inputs": [{"name": "x", "parameters": {"binary_data_size": -8}}]})", eight)
             == "inputs[0].parameters.binary_data_size: expected a size of 0 or more, found -8");
}

BOOST_AUTO_TEST_CASE(a_header_length_beyond_the_body_is_refused) {
  BOOST_TEST(refusal("{}", 3)
             == "the header Inference-Header-Content-Length: expected at most 2, the bytes of the body, found 3");
  BOOST_TEST(refusal("{}", SIZE_MAX)
             == "the header Inference-Header-Content-Length: expected at most 2, the bytes of the body, found "
                    + std::to_string(SIZE_MAX));
}

BOOST_AUTO_TEST_CASE(raw_binary_that_does_not_tell_its_shape_is_refused) {
  BOOST_TEST(refusal("abcd", 0)
             == "a raw binary request (Inference-Header-Content-Length: 0) is for models with one input; this one has 2");
  model_spec one;
  one.inputs = {{"x", datatype::fp32, {-1, 2}}};
  BOOST_TEST(refusal("abcd", 0, one) == "input 'x': expected a multiple of 8 bytes for shape [-1, 2] of FP32, found 4");
  one.max_batch = 8;
  BOOST_TEST(refusal("abcd", 0, one) == "input 'x': shape [1, 2] of FP32 needs 8 bytes, found 4");
  one.inputs[0].dims = {-1, -1, -1};
  BOOST_TEST(
      refusal("abcd", 0, one)
      == "input 'x' has more than one free dimension, [-1, -1, -1], so a raw binary request can't tell its shape; describe it in "
         "JSON");
}

BOOST_AUTO_TEST_CASE(ignored_values_may_be_nested_a_hundred_levels_and_no_more) {
  auto nested = [](std::size_t levels) {
    return R"({"inputs": [], "extra": )" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  BOOST_TEST(read(nested(100))->query.inputs.empty());
  BOOST_TEST(refusal(nested(101)) == "the request: is nested deeper than 100 levels, which nothing in it needs");
  refusal(nested(100'000));
  refusal(input("FP32", "[1]", std::string(100'000, '[') + std::string(100'000, ']')));
}

BOOST_AUTO_TEST_CASE(long_or_unprintable_text_is_shortened_in_messages) {
  auto message = refusal(input("FP32", "[1]", "[\"" + std::string(38, 'a') + "\xc3\xa9\x7f\"]"));
  BOOST_TEST(message == "inputs[0].data[0]: " + fp32 + "\"" + std::string(38, 'a') + "…");
  BOOST_TEST(refusal(R"({"inputs": [{"name": "a\u001b[2J"}]})").find('\x1b') == std::string::npos);
  BOOST_TEST(refusal(R"({"inputs": [{"name": ")" + std::string(1000, 'a') + R"("}]})").size() < 250U);
}

BOOST_AUTO_TEST_CASE(no_prefix_of_a_request_is_taken_for_one) {
  const std::string json =
      R"({"id": "é\n", "outputs": [{"name": "a", "parameters": {"binary_data": true}}], "extra": {"k": [1.5, null]}, )"
      R"("inputs": [{"data": [[1, 2], [3, -4e-1]], "name": "x", "shape": [2, 2], "datatype": "FP32"}, )"
      R"({"name": "y", "shape": [1], "datatype": "INT32", "parameters": {"binary_data_size": 4}}]})";
  const std::string body = json + "}}]}";
  BOOST_TEST(read(body, json.size())->query.inputs.size() == 2U);
  for (char padding : {'}', ']', ',', '[', '{', '"', '\0', '1'})
    for (std::size_t size = 0; size < body.size(); ++size) {
      padded cut(std::string_view(body).substr(0, size), padding);
      BOOST_TEST(!read_infer_query(cut.view(), {}, spec).ok());
      BOOST_TEST(!read_infer_query(cut.view(), std::min(size, json.size()), spec).ok());
    }
}

BOOST_AUTO_TEST_CASE(garbage_is_refused_or_read_but_harms_nothing) {
  const std::string json =
      R"({"id": "é\n", "outputs": [{"name": "a", "parameters": {"binary_data": true}}], "parameters": {"timeout": 3}, )"
      R"("inputs": [{"data": [[1, 2], [3, -4e-1]], "name": "x", "shape": [2, 2], "datatype": "FP32"}, )"
      R"({"name": "y", "shape": [1], "datatype": "INT32", "parameters": {"binary_data_size": 4}}]})";
  const std::string alphabet = "{}[]\",:0123456789-.eE \\untrfalsx\xff";
  std::mt19937 random(7);
  auto below = [&random](std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random); };
  for (int round = 0; round < 20'000; ++round) {
    auto body = json + "abcd";
    for (auto changes = below(4) + 1; changes > 0; --changes) {
      auto at = below(body.size());
      if (below(3) == 0)
        body.erase(at, below(20) + 1);
      else
        body[at] = alphabet[below(alphabet.size())];
      if (body.empty())
        break;
    }
    padded changed(body, alphabet[below(alphabet.size())]);
    auto header = below(2) == 0 ? std::optional<std::size_t>() : std::min(body.size(), json.size());
    auto outcome = read_infer_query(changed.view(), header, spec);
    if (outcome)
      for (const auto& [name, tensor] : outcome->inputs)
        BOOST_TEST(values_of<char>(tensor).size() == tensor.size);
  }
  for (int round = 0; round < 2'000; ++round) {
    std::string body(below(200), ' ');
    for (char& c : body)
      c = alphabet[below(alphabet.size())];
    (void)read_infer_query(padded(body).view(), {}, spec);
  }
}

BOOST_AUTO_TEST_CASE(flat_and_nested_data_are_the_same_tensor) {
  for (auto text : {"[1, 2, 3, 4]", "[[[1, 2]], [[3, 4]]]", " [ [ [ 1 ,2 ] ],[[3,4]] ] "}) {
    auto request = read(input("FP32", "[2, 1, 2]", text));
    const auto& tensor = request->query.inputs.at(0).tensor;
    BOOST_TEST(request->query.inputs[0].name == "x");
    BOOST_TEST((tensor.type == datatype::fp32));
    BOOST_TEST(tensor.to_shape() == (shape{2, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST(values_of<float>(tensor) == (std::vector<float>{1, 2, 3, 4}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(scalars_and_empty_tensors_are_read) {
  BOOST_TEST(read(input("FP64", "[]", "[0.5]"))->query.inputs[0].tensor.rank == 0);
  BOOST_TEST(read(input("FP32", "[0, 4]", "[]"))->query.inputs[0].tensor.size == 0U);
  BOOST_TEST(read(input("FP32", "[2, 0]", "[[], []]"))->query.inputs[0].tensor.size == 0U);
}

BOOST_AUTO_TEST_CASE(the_limits_of_integers_are_read_exactly) {
  auto check = [](auto lowest, auto highest, const std::string& type) {
    using T = decltype(lowest);
    auto request = read(input(type, "[2]", "[" + std::to_string(lowest) + "," + std::to_string(highest) + "]"));
    BOOST_TEST((values_of<T>(request->query.inputs[0].tensor) == std::vector<T>{lowest, highest}));
  };
  check(std::uint8_t{0}, std::uint8_t{255}, "UINT8");
  check(std::int8_t{-128}, std::int8_t{127}, "INT8");
  check(std::int16_t{INT16_MIN}, std::int16_t{INT16_MAX}, "INT16");
  check(INT32_MIN, INT32_MAX, "INT32");
  check(std::int64_t{INT64_MIN}, std::int64_t{INT64_MAX}, "INT64");
}

BOOST_AUTO_TEST_CASE(booleans_are_words_or_0_and_1) {
  auto request = read(input("BOOL", "[4]", "[true, false, 1, 0]"));
  BOOST_TEST(values_of<std::uint8_t>(request->query.inputs[0].tensor) == (std::vector<std::uint8_t>{1, 0, 1, 0}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(reals_are_rounded_to_the_nearest_and_may_be_special) {
  auto request = read(input("FP32", "[7]", R"([0.1, -0.0, 1e-45, 3.4028235e38, "NaN" , "Infinity", "-Infinity"])"));
  auto values = values_of<float>(request->query.inputs[0].tensor);
  BOOST_TEST(values[0] == 0.1F);
  BOOST_TEST(std::signbit(values[1]));
  BOOST_TEST(values[2] == 1e-45F);
  BOOST_TEST(values[3] == 3.4028235e38F);
  BOOST_TEST(std::isnan(values[4]));
  BOOST_TEST((std::isinf(values[5]) && values[5] > 0));
  BOOST_TEST((std::isinf(values[6]) && values[6] < 0));
  auto wide = read(input("FP64", "[2]", "[0.1, 5e-324]"));
  BOOST_TEST(values_of<double>(wide->query.inputs[0].tensor) == (std::vector<double>{0.1, 5e-324}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fields_may_stand_in_any_order) {
  std::vector<std::string> fields = {R"("data": [[1, 2], [3, 4]])", R"("datatype": "FP32")", R"("name": "x")",
                                     R"("parameters": {"k": [1]})", R"("shape": [2, 2])"};
  do {
    std::string text;
    for (const auto& field : fields)
      text += (text.empty() ? "" : ", ") + field;
    auto request = read(R"({"outputs": [{"name": "b"}], "inputs": [{)" + text + R"(}, {"name": "y", "shape": [1], "data": [7],
                        "datatype": "INT32"}], "parameters": {"binary_data_output": true}, "id": "7"})");
    BOOST_TEST(values_of<float>(request->query.inputs.at(0).tensor) == (std::vector<float>{1, 2, 3, 4}),
               boost::test_tools::per_element());
    BOOST_TEST(values_of<std::int32_t>(request->query.inputs.at(1).tensor).at(0) == 7);
    BOOST_TEST(request->query.outputs.at(0).binary);
  } while (std::next_permutation(fields.begin(), fields.end()));
}

BOOST_AUTO_TEST_CASE(unknown_fields_and_parameters_and_null_are_passed_over) {
  auto request = read(R"({"id": null, "model_name": "m", "parameters": {"my_key": {"deep": [1, "two", true, null, -3e1]}},
                          "outputs": null, "inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1],
                          "parameters": null, "content_type": "np"}]})");
  BOOST_TEST(request->query.id.empty());
  BOOST_TEST(request->query.inputs.size() == 1U);
  BOOST_TEST(request->query.outputs.size() == 2U);
}

BOOST_AUTO_TEST_CASE(id_priority_and_timeout_are_read) {
  auto request = read(with(R"("id": "a\"\u00e9", "parameters": {"priority": 2, "timeout": 1500})"));
  BOOST_TEST(request->query.id == "a\"é");
  BOOST_TEST(request->query.priority == 2U);
  BOOST_TEST(request->query.timeout.count() == 1500);
  auto longest = read(with(R"("parameters": {"timeout": 18446744073709551615})"));
  BOOST_TEST((longest->query.timeout == std::chrono::microseconds::max()));
  BOOST_TEST(read(with(R"("id": "")"))->query.timeout.count() == 0);
}

BOOST_AUTO_TEST_CASE(every_output_is_wanted_as_json_unless_the_request_says_otherwise) {
  auto all = read(with(R"("outputs": [])"));
  BOOST_REQUIRE(all->query.outputs.size() == 2U);
  BOOST_TEST((all->query.outputs[1].index == 1 && !all->query.outputs[1].binary && all->query.outputs[1].classes == 0));
  auto binary = read(with(R"("parameters": {"binary_data_output": true})"));
  BOOST_TEST((binary->query.outputs[0].binary && binary->query.outputs[1].binary));
}

BOOST_AUTO_TEST_CASE(an_outputs_own_word_on_binary_data_overrides_the_requests) {
  auto request = read(with(R"("parameters": {"binary_data_output": true}, "outputs": [
      {"name": "b", "parameters": {"binary_data": false, "classification": 3}}, {"name": "a", "parameters": {}}])"));
  const auto& outputs = request->query.outputs;
  BOOST_REQUIRE(outputs.size() == 2U);
  BOOST_TEST((outputs[0].index == 1 && !outputs[0].binary && outputs[0].classes == 3));
  BOOST_TEST((outputs[1].index == 0 && outputs[1].binary && outputs[1].classes == 0));
}

BOOST_AUTO_TEST_CASE(binary_inputs_follow_the_json_in_the_order_of_the_inputs) {
  const std::string json = R"({"inputs": [
      {"name": "y", "datatype": "INT32", "shape": [2], "parameters": {"binary_data_size": 8}},
      {"parameters": {"binary_data_size": 16}, "name": "x", "datatype": "FP32", "shape": [2, 2]}]})";
  auto body = json + bytes_of<std::int32_t>({7, -8}) + bytes_of<float>({1, 2, 3, 4});
  auto request = read(body, json.size());
  BOOST_TEST(values_of<std::int32_t>(request->query.inputs.at(0).tensor) == (std::vector<std::int32_t>{7, -8}),
             boost::test_tools::per_element());
  BOOST_TEST(values_of<float>(request->query.inputs.at(1).tensor) == (std::vector<float>{1, 2, 3, 4}),
             boost::test_tools::per_element());
  BOOST_TEST(request->query.memory.empty());
}

BOOST_AUTO_TEST_CASE(binary_and_json_inputs_may_be_mixed) {
  const std::string json = R"({"inputs": [
      {"name": "x", "datatype": "FP32", "shape": [2], "data": [0.5, 1]},
      {"name": "y", "datatype": "FP16", "shape": [1], "parameters": {"binary_data_size": 2}}]})";
  auto request = read(json + "ab", json.size());
  BOOST_TEST(values_of<float>(request->query.inputs.at(0).tensor).at(1) == 1);
  BOOST_TEST(values_of<char>(request->query.inputs.at(1).tensor).at(1) == 'b');
}

BOOST_AUTO_TEST_CASE(a_raw_binary_request_is_one_row_and_its_free_dimension_follows_from_its_size) {
  model_spec one;
  one.outputs = spec.outputs;
  auto shape_of = [&one](std::uint32_t max_batch, shape dims, std::size_t bytes) {
    one.max_batch = max_batch;
    one.inputs = {{"x", datatype::fp32, std::move(dims)}};
    auto request = read(std::string(bytes, 'a'), 0, one);
    BOOST_TEST((request->query.outputs.size() == 2 && request->query.outputs[1].binary));
    BOOST_TEST(request->query.inputs.at(0).tensor.size == bytes);
    return to_string(request->query.inputs[0].tensor.to_shape());
  };
  BOOST_TEST(shape_of(8, {-1, 4}, 16) == "[1, 4]");
  BOOST_TEST(shape_of(8, {-1, -1, 2}, 24) == "[1, 3, 2]");
  BOOST_TEST(shape_of(0, {-1, 2}, 24) == "[3, 2]");
  BOOST_TEST(shape_of(0, {2}, 8) == "[2]");
}

BOOST_AUTO_TEST_CASE(strings_flat_or_nested_become_lengths_and_bytes) {
  auto expected = byte_strings_of({"a", "", "\xc3\xa9\"", "d"});
  for (auto values : {R"(["a", "", "\u00e9\"", "d"])", R"([["a", ""], ["\u00e9\"", "d"]])"}) {
    auto made = read(input("BYTES", "[2, 2]", values));
    const auto& tensor = made->query.inputs[0].tensor;
    BOOST_TEST((std::vector<std::byte>(tensor.data, tensor.data + tensor.size) == expected));
    BOOST_TEST(is_whole(tensor));
  }
}

BOOST_AUTO_TEST_CASE(the_strings_of_binary_data_have_the_size_that_the_request_says) {
  auto words = byte_strings_of({"one", "two"});
  auto head = binary_input("BYTES", "[2]", words.size());
  auto made = read(head + std::string(reinterpret_cast<const char*>(words.data()), words.size()), head.size());
  BOOST_TEST(made->query.inputs[0].tensor.size == words.size());
  BOOST_TEST(is_whole(made->query.inputs[0].tensor));
}

BOOST_AUTO_TEST_CASE(a_raw_binary_request_of_bytes_is_one_string) {
  model_spec words;
  words.inputs = {{"x", datatype::bytes, {-1, 1}}};
  words.outputs = words.inputs;
  words.max_batch = 8;
  auto made = read("hello", 0, words);
  const auto& tensor = made->query.inputs[0].tensor;
  BOOST_TEST((tensor.to_shape() == shape{1, 1}));
  BOOST_TEST((std::vector<std::byte>(tensor.data, tensor.data + tensor.size) == byte_strings_of({"hello"})));
  words.inputs[0].dims = {-1, 2};
  BOOST_TEST(refusal("hello", 0, words)
             == "input 'x' has the shape [-1, 2], and a raw binary request has but one string; describe it in JSON");
}

BOOST_AUTO_TEST_CASE(strings_have_no_classes) {
  model_spec words;
  words.inputs = words.outputs = {{"x", datatype::bytes, {-1}}};
  BOOST_TEST(refusal(R"({"inputs": [], "outputs": [{"name": "x", "parameters": {"classification": 2}}]})", {}, words)
             == "outputs[0].parameters.classification: output 'x' is of BYTES, which have no largest element");
}
