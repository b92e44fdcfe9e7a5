#include "tests/fuzz/infer_round_trip.hpp"

#include "runtime/policy/request_check.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/echoed_request.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace troupe {

namespace {

std::size_t index_of(const model_spec& spec, std::string_view name) {
  auto found = std::find_if(spec.inputs.begin(), spec.inputs.end(), [name](const auto& input) { return input.name == name; });
  require(found != spec.inputs.end(), "an input that was read is one of the spec's");
  return static_cast<std::size_t>(found - spec.inputs.begin());
}

/// One for each output of the spec: the input of its name, or an empty one.
std::vector<tensor_view> outputs_of(const infer_query& query, const model_spec& echo) {
  std::vector<tensor_view> outputs(echo.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].type = echo.outputs[i].type;
    outputs[i].rank = static_cast<std::uint8_t>(echo.outputs[i].dims.size());
  }
  for (const auto& input : query.inputs)
    outputs[index_of(echo, input.name)] = input.tensor;
  return outputs;
}

/// What was asked comes back after it was written, in JSON or behind it.
void check_written(const infer_query& query, const model_spec& echo, bool binary) {
  infer_query asked;
  asked.id = query.id;
  std::vector<tensor_view> expected;
  for (const auto& input : query.inputs)
    if (binary || travels_in_json(input.tensor.type)) {
      asked.outputs.push_back({static_cast<std::uint32_t>(index_of(echo, input.name)), binary, 0});
      expected.push_back(input.tensor);
    }
  auto answer = write_infer_answer(asked, echo, {"echo", 1}, outputs_of(query, echo));
  require(answer || !binary, "anything can be written as binary data");
  if (!answer)
    return; // a string that isn't UTF-8
  auto request = as_request(*answer);
  padded_body body(request.body);
  auto again = read_infer_query(body.view(), request.header_length, echo);
  require(again.ok(), "what was written can be read");
  require(again->id == query.id, "the id comes back");
  require(again->inputs.size() == expected.size(), "all tensors come back");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& found = again->inputs[i].tensor;
    require(found.type == expected[i].type && found.to_shape() == expected[i].to_shape(), "datatype and shape come back");
    require(binary ? same_bytes(expected[i], found) : same_in_json(expected[i], found), "the elements come back");
  }
}

/// Whether all tensors are whole: BYTES that came as binary data need not be, and are refused then.
bool check_read(const infer_query& query, const model_spec& echo) {
  bool whole = true;
  for (const auto& input : query.inputs) {
    whole = whole && is_whole(input.tensor);
    require(is_whole(input.tensor) || input.tensor.type == datatype::bytes, "size and shape agree");
  }
  for (const auto& wanted : query.outputs)
    require(wanted.index < echo.outputs.size(), "an output that is wanted is one of the spec's");
  std::vector<tensor_view> ordered;
  auto rows = check_request(echo, query.inputs, ordered);
  require(!rows || (whole && ordered.size() == echo.inputs.size()), "a request that is taken has all inputs, and whole ones");
  return whole;
}

/// The answer that the client asked for is JSON, whatever it asked for.
void check_answer(const infer_query& query, const model_spec& echo) {
  auto answer = write_infer_answer(query, echo, {"echo", 1}, outputs_of(query, echo));
  if (!answer)
    return; // a string that isn't UTF-8
  auto json = std::string_view(answer->body).substr(0, answer->header_length.value_or(answer->body.size()));
  require(nlohmann::json::accept(json), "an answer is JSON");
}

} // namespace

model_spec echo_of_all_datatypes() {
  model_spec spec;
  for (std::uint16_t number = 0; element_size(static_cast<datatype>(number)) > 0; ++number) {
    auto type = static_cast<datatype>(number);
    spec.inputs.push_back({std::string(to_string(type)), type, {-1, -1}});
  }
  spec.outputs = spec.inputs;
  return spec;
}

void check_infer_round_trip(std::string_view body, std::optional<std::size_t> header_length, const model_spec& echo) {
  padded_body padded(body);
  auto query = read_infer_query(padded.view(), header_length, echo);
  if (!query) {
    require(query.failure().code == error_code::invalid_argument && !query.failure().message.empty(), "a refusal says why");
    return;
  }
  if (!check_read(*query, echo))
    return;
  check_answer(*query, echo);
  check_written(*query, echo, false);
  check_written(*query, echo, true);
}

} // namespace troupe
