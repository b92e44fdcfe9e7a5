#define BOOST_TEST_MODULE oip_http
#include "runtime/cli/oip_http.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>

using namespace troupe;
namespace data = boost::unit_test::data;

namespace {

named_tensor two_floats() {
  named_tensor input{"x", datatype::fp32, {1, 2}, std::vector<std::byte>(8)};
  float values[] = {0.5F, -2};
  std::memcpy(input.data.data(), values, sizeof values);
  return input;
}

inference_question question() {
  return {"digits", {two_floats()}, "r1", {"y"}, std::chrono::milliseconds(5)};
}

std::string bytes_of(const named_tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()};
}

std::string binary_answer_json(const std::string& size = "8") {
  return R"({"model_name":"digits","model_version":"3","outputs":[{"name":"y","shape":[1,2],"datatype":"FP32",)"
         R"("parameters":{"binary_data_size":)"
         + size + "}}]}";
}

std::string complaint(const std::string& text, std::optional<std::size_t> json_length = std::nullopt) {
  auto answer = read_oip_answer({text, json_length});
  return answer ? "" : answer.failure().message;
}

struct bad_answer {
  const char* text;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const bad_answer& row) {
  return out << row.text;
}

const bad_answer bad_answers[] = {
    {"", "the node's answer is malformed: "},
    {"[]", "the node's answer is malformed: "},
    {"null", "the node's answer is malformed: "},
    {R"({"outputs": []})", "key 'model_name' not found"},
    {R"({"model_name": "digits"})", "key 'outputs' not found"},
    {R"({"model_name": "digits", "outputs": [3]})", "the node's answer is malformed: "},
    {R"({"model_name": "d", "outputs": [{"name": "y", "datatype": "UINT16", "shape": [1], "data": [1]}]})",
     "the node's answer is malformed: datatype UINT16 can't be read"},
    {R"({"model_name": "d", "outputs": [{"name": "y", "datatype": "FP32", "shape": [1,1,1,1,1,1,1,1,1], "data": [1]}]})",
     "the node's answer is malformed: a tensor of more than 8 dimensions"},
    {R"({"model_name": "d", "outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [1]}]})",
     "the node's answer is malformed: y.data"},
    {R"({"model_name": "d", "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1], "parameters": {"binary_data_size": 4}}]})",
     "the node's answer is malformed: output 'y' of shape [-1] came with 0 bytes"},
};

} // namespace

BOOST_AUTO_TEST_CASE(a_binary_question_has_its_tensors_behind_the_json) {
  auto body = write_oip_question(question(), tensor_form::binary);
  BOOST_REQUIRE(body.json_length.has_value());
  BOOST_TEST(body.bytes.substr(0, *body.json_length)
             == R"({"id":"r1","parameters":{"timeout":5000,"binary_data_output":true},"inputs":[{"name":"x","shape":[1,2],)"
                R"("datatype":"FP32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"y"}]})");
  BOOST_TEST(body.bytes.substr(*body.json_length) == bytes_of(two_floats()));
}

BOOST_AUTO_TEST_CASE(a_json_question_has_numbers_and_no_header) {
  auto body = write_oip_question({"digits", {two_floats()}, "", {}, {}}, tensor_form::json);
  BOOST_TEST(!body.json_length.has_value());
  BOOST_TEST(body.bytes == R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[0.5,-2.0]}]})");
}

BOOST_AUTO_TEST_CASE(binary_and_json_answers_are_read_alike) {
  auto json = binary_answer_json();
  auto binary = read_oip_answer({json + bytes_of(two_floats()), json.size()});
  BOOST_REQUIRE(binary.ok());
  auto text = read_oip_answer({R"({"model_name":"digits","model_version":"3","id":"r1","outputs":[{"name":"y","datatype":"FP32",)"
                               R"("shape":[1,2],"parameters":{"more":1},"data":[0.5,-2]}]})",
                               std::nullopt});
  BOOST_REQUIRE(text.ok());
  BOOST_TEST(text->id == "r1");
  for (const auto& answer : {*binary, *text}) {
    BOOST_TEST(answer.deployment == "digits");
    BOOST_TEST(answer.version == "3");
    BOOST_REQUIRE(answer.outputs.size() == 1U);
    BOOST_TEST(bytes_of(answer.outputs[0]) == bytes_of(two_floats()));
    BOOST_TEST((answer.outputs[0].dims == shape{1, 2}));
  }
}

BOOST_DATA_TEST_CASE(an_answer_that_makes_no_sense_is_told_as_such, data::make(bad_answers), row) {
  BOOST_TEST(complaint(row.text).find(row.message) != std::string::npos, complaint(row.text));
}

BOOST_AUTO_TEST_CASE(binary_data_that_are_short_long_or_of_another_size_are_refused) {
  auto json = binary_answer_json();
  BOOST_TEST(complaint(json + "1234567", json.size())
             == "the node's answer is malformed: output 'y' of shape [1, 2] came with 7 bytes");
  BOOST_TEST(complaint(json + "123456789", json.size()) == "the node's answer is malformed: 1 bytes are left over");
  BOOST_TEST(complaint(json, json.size() + 1)
             == "the node's answer is malformed: it is shorter than its Inference-Header-Content-Length says");
  auto other = binary_answer_json("4");
  BOOST_TEST(complaint(other + "1234", other.size())
             == "the node's answer is malformed: output 'y' of shape [1, 2] came with 4 bytes");
}

BOOST_AUTO_TEST_CASE(metadata_tell_inputs_and_whether_the_first_dimension_is_rows) {
  auto model =
      read_oip_metadata(R"({"name":"d","versions":["1"],"platform":"p","inputs":[{"name":"a","datatype":"FP32","shape":[-1,4]},)"
                        R"({"name":"b","datatype":"INT64","shape":[-1]}],"outputs":[]})");
  BOOST_REQUIRE(model.ok());
  BOOST_TEST(model->batches);
  BOOST_TEST((model->inputs == std::vector<tensor_spec>{{"a", datatype::fp32, {-1, 4}}, {"b", datatype::int64, {-1}}}));
  BOOST_TEST(!read_oip_metadata(R"({"inputs":[{"name":"a","datatype":"FP32","shape":[4]}]})")->batches);
  BOOST_TEST(!read_oip_metadata("{").ok());
}

BOOST_AUTO_TEST_CASE(a_refusal_has_the_statuss_code_and_the_servers_words) {
  BOOST_TEST(to_string(read_oip_refusal(404, R"({"error":"no deployment 'x'"})")) == "not_found: no deployment 'x'");
  BOOST_TEST(to_string(read_oip_refusal(503, R"({"error":3})")) == "unavailable: HTTP status 503");
  BOOST_TEST(to_string(read_oip_refusal(400, "[")) == "invalid_argument: HTTP status 400");
  BOOST_TEST(to_string(read_oip_refusal(504, "")) == "deadline_exceeded: HTTP status 504");
  BOOST_TEST(to_string(read_oip_refusal(429, "")) == "overloaded: HTTP status 429");
  BOOST_TEST(to_string(read_oip_refusal(500, "\"x\"")) == "internal: HTTP status 500");
}
