#include "runtime/oip/infer_query.hpp"

#include "runtime/base/units.hpp"
#include "runtime/oip/query_input.hpp"
#include "runtime/oip/query_json.hpp"
#include "runtime/oip/query_output.hpp"
#include "runtime/oip/query_raw.hpp"

#include <algorithm>

namespace troupe {

namespace {

static_assert(infer_body_padding >= simdjson::SIMDJSON_PADDING);

constexpr std::string_view reserved_prefix = "triton_";

/// The fields of a request but its inputs' own.
class query_reader {
public:
  query_reader(const model_spec& spec, std::size_t json_bytes, std::string_view binary)
    : spec_(spec), inputs_(spec, json_bytes, binary) {}

  infer_query read(json_object request) {
    for_each_field(request, "", [this](std::string_view key, json_value value) { return read_field(key, value); });
    if (!has_inputs_)
      refuse_missing("", "inputs", "an array");
    if (!inputs_.left().empty())
      refuse_json("",
                  count_text(inputs_.left().size(), "byte") + " of binary data are left that no input's binary_data_size claims");
    finish_outputs();
    return std::move(read_);
  }

private:
  bool read_field(std::string_view key, json_value& value) {
    if (key == "id")
      read_.id = text_of(value, "id");
    else if (key == "inputs")
      read_inputs(value);
    else if (key == "outputs")
      read_outputs(value);
    else if (key == "parameters")
      read_parameters(value);
    else
      return false;
    return true;
  }

  void read_inputs(json_value& value) {
    has_inputs_ = true;
    std::size_t index = 0;
    for (json_value input : array_of(value, "inputs"))
      inputs_.read(input, at_index("inputs", index++), read_);
  }

  void read_outputs(json_value& value) {
    std::size_t index = 0;
    for (json_value output : array_of(value, "outputs")) {
      auto path = at_index("outputs", index++);
      auto next = read_query_output(output, path, spec_);
      for (const auto& other : asked_)
        if (other.wanted.index == next.wanted.index)
          refuse_json(path + ".name", "output '" + spec_.outputs[next.wanted.index].name + "' is asked for more than once");
      asked_.push_back(next);
    }
  }

  void read_parameters(json_value& value) {
    const std::string path = "parameters";
    auto object = object_of(value, path);
    for_each_field(object, path,
                   [&](std::string_view key, json_value parameter) { return read_parameter(key, parameter, path); });
  }

  bool read_parameter(std::string_view key, json_value& value, const std::string& path) {
    auto at = [&] { return path + "." + excerpt_of(key); };
    if (key.substr(0, reserved_prefix.size()) == reserved_prefix)
      refuse_json(at(), "names that begin with triton_ are reserved");
    if (key == "sequence_id" || key == "sequence_start" || key == "sequence_end")
      refuse_json(at(), "sequences are not supported; send the request without it");
    if (key == "binary_data_output")
      binary_by_default_ = flag_of(value, at());
    else if (key == "priority")
      read_.priority = count_of(value, at(), "a whole number of 0 or more");
    else if (key == "timeout")
      read_.timeout = std::chrono::microseconds(
          std::min<std::uint64_t>(count_of(value, at(), "a number of microseconds, whole, of 0 or more"), INT64_MAX));
    else
      return false;
    return true;
  }

  /// Only now the default is known: the request's parameters may stand behind its outputs.
  void finish_outputs() {
    for (auto& output : asked_) {
      output.wanted.binary = output.binary.value_or(binary_by_default_);
      read_.outputs.push_back(output.wanted);
    }
    if (asked_.empty())
      read_.outputs = all_outputs(spec_, binary_by_default_);
  }

  const model_spec& spec_;
  input_reader inputs_;
  infer_query read_;
  std::vector<asked_output> asked_;
  bool binary_by_default_ = false;
  bool has_inputs_ = false;
};

error refuse(std::string text) {
  return {error_code::invalid_argument, std::move(text)};
}

/// What text that is no JSON is refused with; `at` is where reading it stopped, if that is known.
error not_json(simdjson::error_code why, simdjson::simdjson_result<const char*> at, std::string_view json) {
  switch (why) {
  case simdjson::EMPTY: return refuse("the request: expected a JSON object, found nothing");
  case simdjson::UTF8_ERROR: return refuse("the request: not valid UTF-8");
  case simdjson::UNCLOSED_STRING: return refuse("the request: not valid JSON: a string is not closed");
  case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return refuse("the request: not valid JSON: it ends before its last bracket");
  case simdjson::CAPACITY: return refuse("the request: " + human_size(json.size()) + " of JSON are more than can be read");
  default: break;
  }
  const char* where = at.error() == simdjson::SUCCESS ? at.value_unsafe() : json.data();
  return refuse("the request: not valid JSON at byte " + std::to_string(where - json.data() + 1)
                + " (NaN and infinities are written as \"NaN\", \"Infinity\" and \"-Infinity\")");
}

infer_query read_document(simdjson::ondemand::document& document, query_reader& reader) {
  auto type = document.type().value();
  if (type != simdjson::ondemand::json_type::object)
    refuse_json("", "expected an object");
  auto read = reader.read(document.get_object().value());
  if (document.current_location().error() == simdjson::SUCCESS)
    throw simdjson::simdjson_error(simdjson::TRAILING_CONTENT);
  return read;
}

result<infer_query> read_json_query(std::string_view json, std::string_view binary, const model_spec& spec) {
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  auto failure = parser.iterate(json.data(), json.size(), json.size() + infer_body_padding).get(document);
  if (failure != simdjson::SUCCESS)
    return not_json(failure, failure, json);
  query_reader reader(spec, json.size(), binary);
  try {
    return read_document(document, reader);
  } catch (const bad_json& wrong) {
    return refuse(wrong.message);
  } catch (const simdjson::simdjson_error& wrong) {
    return not_json(wrong.error(), document.current_location(), json);
  }
}

} // namespace

result<infer_query> read_infer_query(std::string_view body, std::optional<std::size_t> header_length, const model_spec& spec) {
  auto json_bytes = header_length.value_or(body.size());
  if (json_bytes > body.size())
    return refuse("the header Inference-Header-Content-Length: expected at most " + std::to_string(body.size())
                  + ", the bytes of the body, found " + std::to_string(json_bytes));
  if (header_length && json_bytes == 0)
    return read_raw_query(body, spec);
  return read_json_query(body.substr(0, json_bytes), body.substr(json_bytes), spec);
}

} // namespace troupe
