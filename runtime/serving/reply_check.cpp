#include "runtime/serving/reply_check.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>

namespace troupe {

namespace {

error lie(std::string text) {
  return {error_code::internal, std::move(text)};
}

bool dims_fit(const host_tensor& given, const tensor_spec& spec, const expected_reply& expected) {
  for (std::size_t i = 0; i < spec.dims.size(); ++i) {
    bool batch_dimension = i == 0 && expected.rows > 0;
    auto wanted = batch_dimension ? static_cast<std::int64_t>(expected.rows) : spec.dims[i];
    if (wanted != -1 && given.dims[i] != wanted)
      return false;
  }
  return true;
}

/// Whether the bytes lie in this turn's output area, aligned. Free of overflow: sizes are compared by subtraction.
bool lies_inside(const host_tensor& given, const host_geometry& geometry, std::uint64_t sequence) {
  auto begin = outputs_offset(geometry, sequence);
  return given.offset % tensor_alignment == 0 && given.offset >= begin && given.size <= geometry.output_bytes
         && given.offset - begin <= geometry.output_bytes - given.size;
}

/// What is wrong with an output, or nullptr.
const char* problem_of(const host_tensor& given, const tensor_spec& spec, const expected_reply& expected,
                       const host_geometry& geometry) {
  if (given.type != static_cast<std::uint16_t>(spec.type))
    return "wrong datatype";
  if (given.rank != spec.dims.size())
    return "wrong rank";
  if (!dims_fit(given, spec, expected))
    return "wrong shape";
  auto bytes = byte_size(spec.type, given.dims, given.rank);
  if (!bytes || (spec.type == datatype::bytes ? *bytes > given.size : *bytes != given.size))
    return "size and shape disagree";
  if (!lies_inside(given, geometry, expected.sequence))
    return "outside of the output area";
  return nullptr;
}

tensor_view view_of(const host_tensor& checked, datatype type, const std::byte* memory) {
  tensor_view view;
  view.type = type;
  view.rank = static_cast<std::uint8_t>(checked.rank);
  std::copy_n(checked.dims, checked.rank, view.dims);
  view.data = memory + checked.offset;
  view.size = checked.size;
  return view;
}

} // namespace

void copy_done_page(const std::byte* memory, std::size_t outputs_max, done_page& copy) {
  auto page = memory + done_page_offset;
  std::memcpy(&copy, page, offsetof(done_page, text));
  if (copy.status == static_cast<std::uint32_t>(done_status::outputs))
    std::memcpy(copy.outputs, page + offsetof(done_page, outputs),
                std::min<std::size_t>(outputs_max, host_tensors_max) * sizeof(host_tensor));
  else
    std::memcpy(copy.text, page + offsetof(done_page, text), sizeof copy.text);
  std::atomic_signal_fence(std::memory_order_seq_cst); // the compiler must not read the page again in place of the copy
}

result<done_status> check_reply(const done_page& copy, const expected_reply& expected, const model_spec& spec,
                                const host_geometry& geometry, const std::byte* memory, std::vector<tensor_view>& outputs) {
  if (copy.sequence != expected.sequence)
    return lie("answers batch " + std::to_string(copy.sequence) + " instead of " + std::to_string(expected.sequence));
  auto status = static_cast<done_status>(copy.status);
  if (status == done_status::failed || status == done_status::exhausted) {
    if (copy.text_size > host_error_bytes_max)
      return lie("text of " + std::to_string(copy.text_size) + " bytes");
    return status;
  }
  if (status != done_status::outputs)
    return lie("status " + std::to_string(copy.status));
  if (copy.output_count != spec.outputs.size())
    return lie(std::to_string(copy.output_count) + " outputs instead of " + std::to_string(spec.outputs.size()));
  outputs.clear();
  for (std::size_t i = 0; i < spec.outputs.size(); ++i) {
    if (auto problem = problem_of(copy.outputs[i], spec.outputs[i], expected, geometry); problem != nullptr)
      return lie("output '" + spec.outputs[i].name + "': " + problem);
    outputs.push_back(view_of(copy.outputs[i], spec.outputs[i].type, memory));
  }
  return status;
}

result<void> own_strings(std::vector<tensor_view>& outputs, const model_spec& spec, owned_strings& strings) {
  strings.resize(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    auto& output = outputs[i];
    if (output.type != datatype::bytes)
      continue;
    strings[i].assign(output.data, output.data + output.size);
    output.data = strings[i].data();
    if (!is_whole(output))
      return lie("output '" + spec.outputs[i].name + "': bytes that are no strings");
  }
  return {};
}

std::string reply_text(const done_page& copy) {
  std::string text(copy.text, std::min(copy.text_size, host_error_bytes_max));
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c > '~'; }, '?');
  return text;
}

} // namespace troupe
