#define BOOST_TEST_MODULE infer_answer
#include "runtime/oip/infer_answer.hpp"
#include "tests/support/byte_strings_of.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace {

using namespace troupe;

const version_id id{"digits", 3};

template <class T>
tensor_view view_of(datatype type, const shape& dims, const std::vector<T>& values) {
  return make_view(type, dims, reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(T));
}

/// The answer of a model with one output 'a' that gave this tensor.
result<infer_answer> try_answer_with(const tensor_view& output, wanted_output wanted, std::uint32_t max_batch) {
  model_spec spec;
  spec.max_batch = max_batch;
  spec.outputs = {{"a", output.type, output.to_shape()}};
  infer_query asked;
  asked.outputs = {wanted};
  return write_infer_answer(asked, spec, id, {output});
}

infer_answer answer_with(const tensor_view& output, wanted_output wanted = {}, std::uint32_t max_batch = 0) {
  return try_answer_with(output, wanted, max_batch).value();
}

template <class T>
std::string data_of(datatype type, const std::vector<T>& values) {
  auto answer = answer_with(view_of(type, {static_cast<std::int64_t>(values.size())}, values));
  BOOST_TEST(!answer.header_length);
  auto text = nlohmann::json::parse(answer.body)["outputs"][0]["data"];
  BOOST_TEST(text.size() == values.size());
  auto at = answer.body.find("\"data\":") + 7;
  return answer.body.substr(at, answer.body.rfind("}]}") - at);
}

/// What a model that gives what it takes makes of the data: they are written, sent back as a request and read.
template <class T>
void check_round_trip(datatype type, const std::vector<T>& values) {
  shape dims = {1, static_cast<std::int64_t>(values.size())};
  auto written = answer_with(view_of(type, dims, values)).body;
  auto sent = R"({"inputs":)" + written.substr(written.find("\"outputs\":") + 10);
  auto size = sent.size();
  sent.append(infer_body_padding, ' ');
  model_spec spec;
  spec.inputs = {{"a", type, dims}};
  auto read = read_infer_query(std::string_view(sent).substr(0, size), {}, spec);
  BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.failure().message));
  const auto& tensor = read->inputs.at(0).tensor;
  BOOST_REQUIRE(tensor.size == values.size() * sizeof(T));
  BOOST_TEST((tensor.type == type && tensor.to_shape() == dims));
  BOOST_TEST(std::memcmp(tensor.data, values.data(), tensor.size) == 0);
}

/// Numbers of every size: their bits are random.
template <class Real, class Bits>
std::vector<Real> random_reals(std::size_t count) {
  std::mt19937_64 random(7);
  std::vector<Real> values;
  while (values.size() < count) {
    auto bits = static_cast<Bits>(random());
    Real value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value))
      values.push_back(value);
  }
  return values;
}

template <class T>
std::vector<T> limits() {
  return {std::numeric_limits<T>::min(), 0, 1, std::numeric_limits<T>::max()};
}

} // namespace

BOOST_AUTO_TEST_CASE(an_answer_has_the_protocols_fields) {
  std::vector<float> values = {1, 0.5F};
  auto answer = answer_with(view_of(datatype::fp32, {1, 2}, values));
  BOOST_TEST(
      answer.body
      == R"({"model_name":"digits","model_version":"3","outputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,0.5]}]})");
}

BOOST_AUTO_TEST_CASE(an_id_is_sent_back_unless_it_is_empty) {
  infer_query asked;
  asked.id = "a\"\\\n\x1f é";
  auto answer = write_infer_answer(asked, {}, id, {}).value();
  BOOST_TEST(answer.body == R"({"model_name":"digits","model_version":"3","id":"a\"\\\u000a\u001f é","outputs":[]})");
  BOOST_TEST(nlohmann::json::parse(answer.body)["id"] == asked.id);
}

BOOST_AUTO_TEST_CASE(outputs_stand_in_the_order_that_was_asked_for) {
  model_spec spec;
  spec.outputs = {{"a", datatype::int8, {1}}, {"b", datatype::int8, {1}}, {"c", datatype::int8, {1}}};
  std::vector<std::int8_t> values = {1, 2, 3};
  std::vector<tensor_view> outputs;
  for (auto& value : values) {
    auto view = view_of<std::int8_t>(datatype::int8, {1}, {});
    view.data = reinterpret_cast<const std::byte*>(&value);
    view.size = 1;
    outputs.push_back(view);
  }
  infer_query asked;
  asked.outputs = {{2, false, 0}, {0, false, 0}};
  auto answer = nlohmann::json::parse(write_infer_answer(asked, spec, id, outputs).value().body)["outputs"];
  BOOST_REQUIRE(answer.size() == 2U);
  BOOST_TEST((answer[0]["name"] == "c" && answer[0]["data"] == nlohmann::json{3}));
  BOOST_TEST((answer[1]["name"] == "a" && answer[1]["data"] == nlohmann::json{1}));
}

BOOST_AUTO_TEST_CASE(reals_are_the_shortest_decimals_and_what_is_no_number_is_a_string) {
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  BOOST_TEST(data_of<float>(datatype::fp32, {0.1F, -0.0F, 1e-45F, 3.4028235e38F, 16777216, NAN, INFINITY, -INFINITY})
             == R"([0.1,-0,1e-45,3.4028235e+38,16777216,"NaN","Infinity","-Infinity"])");
  BOOST_TEST(data_of<double>(datatype::fp64, {0.1, 5e-324, 1e308, -infinity}) == R"([0.1,5e-324,1e+308,"-Infinity"])");
}

BOOST_AUTO_TEST_CASE(fp16_and_bf16_are_written_as_decimals) {
  BOOST_TEST(data_of<std::uint16_t>(datatype::fp16, {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555})
             == R"([1,-2,5.9604645e-08,65504,"Infinity",0.33325195])");
  BOOST_TEST(data_of<std::uint16_t>(datatype::bf16, {0x3f80, 0x7fc0}) == R"([1,"NaN"])");
}

BOOST_AUTO_TEST_CASE(booleans_are_words_and_nothing_is_an_empty_array) {
  BOOST_TEST(data_of<std::uint8_t>(datatype::boolean, {0, 1, 255}) == "[false,true,true]");
  BOOST_TEST(data_of<float>(datatype::fp32, {}) == "[]");
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
  check_round_trip<std::uint8_t>(datatype::boolean, {0, 1, 1});
  check_round_trip(datatype::uint8, limits<std::uint8_t>());
  check_round_trip(datatype::int8, limits<std::int8_t>());
  check_round_trip(datatype::int16, limits<std::int16_t>());
  check_round_trip(datatype::int32, limits<std::int32_t>());
  check_round_trip(datatype::int64, limits<std::int64_t>());
  check_round_trip<float>(datatype::fp32, {INFINITY, -INFINITY, NAN, -0.0F});
  check_round_trip<double>(datatype::fp64, {INFINITY, -INFINITY, NAN, -0.0});
  check_round_trip(datatype::fp32, random_reals<float, std::uint32_t>(20'000));
  check_round_trip(datatype::fp64, random_reals<double, std::uint64_t>(20'000));
}

BOOST_AUTO_TEST_CASE(binary_outputs_follow_the_json) {
  std::vector<float> first = {1, 2};
  std::vector<std::uint16_t> second = {0x3c00};
  model_spec spec;
  spec.outputs = {{"a", datatype::fp32, {2}}, {"b", datatype::fp16, {1}}};
  infer_query asked;
  asked.outputs = {{1, true, 0}, {0, true, 0}};
  auto answer =
      write_infer_answer(asked, spec, id, {view_of(datatype::fp32, {2}, first), view_of(datatype::fp16, {1}, second)}).value();
  BOOST_REQUIRE(answer.header_length.has_value());
  auto json = nlohmann::json::parse(answer.body.substr(0, *answer.header_length))["outputs"];
  BOOST_TEST(json[0]["parameters"]["binary_data_size"] == 2);
  BOOST_TEST(json[1]["parameters"]["binary_data_size"] == 8);
  BOOST_TEST(!json[1].contains("data"));
  auto binary = answer.body.substr(*answer.header_length);
  BOOST_REQUIRE(binary.size() == 10U);
  BOOST_TEST(std::memcmp(binary.data(), second.data(), 2) == 0);
  BOOST_TEST(std::memcmp(binary.data() + 2, first.data(), 8) == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_whose_binary_outputs_are_all_empty_is_json) {
  auto answer = answer_with(view_of<float>(datatype::fp32, {0}, {}), {0, true, 0});
  BOOST_TEST(!answer.header_length);
  BOOST_TEST(nlohmann::json::parse(answer.body)["outputs"][0]["parameters"]["binary_data_size"] == 0);
}

BOOST_AUTO_TEST_CASE(classes_are_the_largest_elements_of_each_row_with_their_indices) {
  std::vector<float> scores = {0.5F, 2, NAN, -1, 2, 0};
  auto batched = nlohmann::json::parse(answer_with(view_of(datatype::fp32, {2, 3}, scores), {0, false, 2}, 8).body)["outputs"][0];
  BOOST_TEST(batched["datatype"] == "BYTES");
  BOOST_TEST(batched["shape"].dump() == "[2,2]");
  BOOST_TEST(batched["data"].dump() == R"(["2:1","0.5:0","2:1","0:2"])");
  auto single = nlohmann::json::parse(answer_with(view_of(datatype::fp32, {2, 3}, scores), {0, false, 9}).body)["outputs"][0];
  BOOST_TEST(single["shape"].dump() == "[6]");
  BOOST_TEST(single["data"].dump() == R"(["2:1","2:4","0.5:0","0:5","-1:3","NaN:2"])");
}

BOOST_AUTO_TEST_CASE(binary_classes_stand_each_behind_its_length) {
  std::vector<std::int64_t> scores = {-5, 7};
  auto answer = answer_with(view_of(datatype::int64, {1, 2}, scores), {0, true, 1}, 8);
  BOOST_REQUIRE(answer.header_length.has_value());
  auto output = nlohmann::json::parse(answer.body.substr(0, *answer.header_length))["outputs"][0];
  BOOST_TEST(output["parameters"]["binary_data_size"] == 7);
  BOOST_TEST(answer.body.substr(*answer.header_length) == std::string("\x03\0\0\0", 4) + "7:1");
}

BOOST_AUTO_TEST_CASE(strings_are_texts_in_json_and_lengths_and_bytes_behind_it) {
  auto words = byte_strings_of({"caf\xc3\xa9", "\"\\\n", ""});
  auto tensor = make_view(datatype::bytes, {3}, words.data(), words.size());
  auto in_json = answer_with(tensor);
  BOOST_TEST(nlohmann::json::parse(in_json.body)["outputs"][0].dump()
             == R"({"data":["café","\"\\\n",""],"datatype":"BYTES","name":"a","shape":[3]})");
  auto binary = answer_with(tensor, {0, true, 0});
  auto behind = binary.body.substr(*binary.header_length);
  BOOST_REQUIRE(behind.size() == words.size());
  BOOST_TEST(std::memcmp(behind.data(), words.data(), words.size()) == 0);
}

BOOST_AUTO_TEST_CASE(a_string_that_is_no_utf8_is_only_given_as_binary_data) {
  auto words = byte_strings_of({"fine", "\xff"});
  auto tensor = make_view(datatype::bytes, {2}, words.data(), words.size());
  auto refused = try_answer_with(tensor, {}, 0);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.failure().code == error_code::invalid_argument));
  BOOST_TEST(refused.failure().message
             == "output 'a' has a string that isn't UTF-8, which JSON can't carry; ask for it as binary data "
                "(parameters.binary_data)");
  BOOST_TEST(answer_with(tensor, {0, true, 0}).header_length.has_value());
}
