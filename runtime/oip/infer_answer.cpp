#include "runtime/oip/infer_answer.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/oip/answer_data.hpp"
#include "runtime/oip/json_text.hpp"
#include "runtime/oip/top_classes.hpp"

#include <list>

namespace troupe {

namespace {

/// What a number takes in JSON, about, with its comma.
constexpr std::uint64_t element_text_bytes = 12;

std::vector<std::byte> strings_of(const std::vector<std::string>& texts) {
  std::vector<std::byte> bytes;
  for (const auto& text : texts)
    append_byte_string(text, bytes);
  return bytes;
}

std::string_view text_of(const std::byte* data, std::uint64_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

bool json_can_carry(const tensor_view& tensor) {
  byte_string_reader strings(tensor.data, tensor.size);
  for (auto next = strings.next(); next; next = strings.next())
    if (!is_utf8(*next))
      return false;
  return true;
}

/// The first output that was asked for in JSON and can't be there.
result<void> check_texts(const infer_query& asked, const model_spec& spec, const std::vector<tensor_view>& outputs) {
  for (const auto& wanted : asked.outputs)
    if (spec.outputs[wanted.index].type == datatype::bytes && !wanted.binary && !json_can_carry(outputs[wanted.index]))
      return error{error_code::invalid_argument, no_json_text(spec.outputs[wanted.index].name)};
  return {};
}

class answer_writer {
public:
  explicit answer_writer(std::string& body) : body_(body) {}

  void write_head(const infer_query& asked, const version_id& id) {
    body_ += R"({"model_name":)";
    append_quoted(body_, id.deployment);
    body_ += R"(,"model_version":")" + std::to_string(id.number) + '"';
    if (!asked.id.empty()) {
      body_ += R"(,"id":)";
      append_quoted(body_, asked.id);
    }
    body_ += R"(,"outputs":[)";
  }

  void write_tensor(const std::string& name, const tensor_view& tensor, bool binary) {
    begin_output(name, to_string(tensor.type), tensor.to_shape());
    if (binary)
      return end_binary(text_of(tensor.data, tensor.size));
    body_ += R"(,"data":)";
    append_elements(body_, tensor);
    body_ += '}';
  }

  void write_classes(const std::string& name, const top_classes& top, bool binary) {
    begin_output(name, "BYTES", top.dims);
    if (binary)
      return end_binary(made_strings(top.texts));
    body_ += R"(,"data":[)";
    for (std::size_t i = 0; i < top.texts.size(); ++i) {
      body_ += i == 0 ? "" : ",";
      append_quoted(body_, top.texts[i]);
    }
    body_ += "]}";
  }

  /// Ends the JSON and appends what stands behind it. Returns the bytes of JSON if that is something.
  std::optional<std::size_t> finish() {
    body_ += "]}";
    auto json_bytes = body_.size();
    for (auto bytes : binary_)
      body_ += bytes;
    return body_.size() > json_bytes ? std::optional(json_bytes) : std::nullopt;
  }

private:
  void begin_output(const std::string& name, std::string_view type, const shape& dims) {
    body_ += body_.back() == '[' ? R"({"name":)" : R"(,{"name":)";
    append_quoted(body_, name);
    ((body_ += R"(,"datatype":")") += type) += R"(","shape":[)";
    for (std::size_t i = 0; i < dims.size(); ++i)
      body_ += (i == 0 ? "" : ",") + std::to_string(dims[i]);
    body_ += ']';
  }

  std::string_view made_strings(const std::vector<std::string>& texts) {
    const auto& made = made_.emplace_back(strings_of(texts));
    return text_of(made.data(), made.size());
  }

  void end_binary(std::string_view bytes) {
    body_ += R"(,"parameters":{"binary_data_size":)" + std::to_string(bytes.size()) + "}}";
    binary_.push_back(bytes);
  }

  std::string& body_;
  std::vector<std::string_view> binary_;
  std::list<std::vector<std::byte>> made_; ///< what `binary_` has that is of no tensor
};

std::size_t expected_bytes(const infer_query& asked, const std::vector<tensor_view>& outputs) {
  std::size_t bytes = 256;
  for (const auto& wanted : asked.outputs) {
    const auto& output = outputs[wanted.index];
    bytes += 128;
    if (wanted.classes == 0)
      bytes += wanted.binary ? output.size : output.size / element_size(output.type) * element_text_bytes;
  }
  return bytes;
}

} // namespace

result<infer_answer> write_infer_answer(const infer_query& asked, const model_spec& spec, const version_id& id,
                                        const std::vector<tensor_view>& outputs) {
  if (auto carried = check_texts(asked, spec, outputs); !carried)
    return carried.failure();
  infer_answer answer;
  answer.body.reserve(expected_bytes(asked, outputs));
  answer_writer writer(answer.body);
  writer.write_head(asked, id);
  for (const auto& wanted : asked.outputs) {
    const auto& name = spec.outputs[wanted.index].name;
    const auto& output = outputs[wanted.index];
    if (wanted.classes > 0)
      writer.write_classes(name, classify(output, spec.max_batch > 0, wanted.classes), wanted.binary);
    else
      writer.write_tensor(name, output, wanted.binary);
  }
  answer.header_length = writer.finish();
  return answer;
}

} // namespace troupe
