#include "runtime/base/model_toml.hpp"

#include "runtime/base/host_layout.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/queue_toml.hpp"
#include "runtime/base/toml_reader.hpp"
#include "runtime/base/units.hpp"
#include "runtime/base/zeros.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

using namespace std::chrono_literals;

const std::string expected_datatypes = "one of " + datatype_names();

/// Of the Open Inference Protocol, but nothing that a TorchScript tensor can hold.
constexpr std::array<std::string_view, 3> unserved_datatypes = {"UINT16", "UINT32", "UINT64"};

void read_name(toml_section& section, tensor_spec& tensor, const std::vector<tensor_spec>& earlier) {
  if (!section.required_text("name", tensor.name, "a name like \"image\""))
    return;
  if (!is_printable_word(tensor.name, tensor_name_max))
    section.refuse("name", "expected 1 to " + std::to_string(tensor_name_max) + " printable ASCII characters without blanks");
  for (const auto& other : earlier)
    if (other.name == tensor.name)
      section.refuse("name", "expected each name once, found \"" + tensor.name + "\" again");
}

void read_datatype(toml_section& section, tensor_spec& tensor) {
  std::string name;
  if (!section.required_text("datatype", name, expected_datatypes))
    return;
  if (auto type = datatype_from(name)) {
    tensor.type = *type;
    return;
  }
  if (name == toml_left_open)
    return section.refuse("datatype", still_to_fill_in(expected_datatypes));
  auto unserved = std::find(unserved_datatypes.begin(), unserved_datatypes.end(), name) != unserved_datatypes.end();
  section.refuse("datatype", "expected " + expected_datatypes + ", found \"" + name.substr(0, tensor_name_max) + "\""
                                 + (unserved ? " (TorchScript has no such tensor)" : ""));
}

/// Bytes of one row; free dimensions count as 1. Nothing if the shape overflows.
std::optional<std::uint64_t> smallest_row(const tensor_spec& tensor) {
  auto dims = zeros_shape(tensor, 0);
  return byte_size(tensor.type, dims.data(), dims.size());
}

void read_shape(toml_section& section, tensor_spec& tensor, std::uint32_t max_batch) {
  shape dims;
  if (!section.required_integers("shape", dims, "a list of whole numbers like [-1, 64], where -1 is a free dimension"))
    return;
  auto found = ", found " + to_string(dims);
  if (dims.size() > rank_max)
    return section.refuse("shape",
                          "expected at most " + std::to_string(rank_max) + " dimensions, found " + std::to_string(dims.size()));
  if (std::any_of(dims.begin(), dims.end(), [](std::int64_t d) { return d < -1 || d == 0; }))
    return section.refuse("shape", "expected dimensions of 1 or more, or -1 for a free one" + found);
  if (max_batch > 0 && (dims.empty() || dims[0] != -1))
    return section.refuse("shape", "expected -1 as the first dimension, the batch, because max_batch is "
                                       + std::to_string(max_batch) + found + "; a model without a batch has max_batch = 0");
  tensor.dims = dims;
  if (!smallest_row(tensor))
    section.refuse("shape", "expected a tensor of less than 2^63 bytes" + found);
}

std::vector<tensor_spec> read_tensors(toml_section& root, std::string_view key, std::uint32_t max_batch) {
  std::vector<tensor_spec> tensors;
  auto sections = root.sections(key);
  if (sections.empty() || sections.size() > host_tensors_max) {
    root.refuse(key, "expected 1 to " + std::to_string(host_tensors_max) + " sections [[" + std::string(key)
                         + "]] with name, datatype and shape, found " + std::to_string(sections.size()));
    return tensors;
  }
  for (auto& section : sections) {
    tensor_spec tensor;
    read_name(section, tensor, tensors);
    read_datatype(section, tensor);
    read_shape(section, tensor, max_batch);
    section.refuse_unknown_keys();
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

void check_row_fits(toml_section& limits, std::string_view key, const std::vector<tensor_spec>& tensors, std::uint64_t limit) {
  std::uint64_t row = 0;
  for (const auto& tensor : tensors) {
    auto bytes = smallest_row(tensor).value_or(0);
    if (bytes > limit || (row += (bytes + tensor_alignment - 1) / tensor_alignment * tensor_alignment) > limit)
      return limits.refuse(key, "expected room for one row at least, which the shapes make larger than the limit of "
                                    + human_size(limit) + "; raise it (at most " + human_size(model_tensor_bytes_max)
                                    + ") or make the shapes smaller");
  }
}

void read_limits(toml_section& limits, model_spec& spec) {
  limits.size("memory", spec.memory_bytes, model_memory_min, model_memory_max);
  limits.duration<std::chrono::milliseconds>("batch_timeout", spec.batch_timeout, 1ms, model_timeout_max);
  limits.duration<std::chrono::milliseconds>("load_timeout", spec.load_timeout, 1ms, model_timeout_max);
  limits.integer("queue_rows", spec.queue_rows_max, 1, model_queue_rows_max);
  limits.size("input_bytes", spec.input_bytes_max, model_tensor_bytes_min, model_tensor_bytes_max);
  limits.size("output_bytes", spec.output_bytes_max, model_tensor_bytes_min, model_tensor_bytes_max);
  if (spec.queue_rows_max < spec.max_batch)
    limits.refuse("queue_rows", "expected at least max_batch, which is " + std::to_string(spec.max_batch) + ", found "
                                    + std::to_string(spec.queue_rows_max));
  check_row_fits(limits, "input_bytes", spec.inputs, spec.input_bytes_max);
  check_row_fits(limits, "output_bytes", spec.outputs, spec.output_bytes_max);
  limits.refuse_unknown_keys();
}

void read_rollout(toml_section& rollout, model_spec& spec) {
  rollout.integer("keep", spec.keep_versions, 1, model_keep_max);
  rollout.duration<std::chrono::seconds>("bake", spec.bake, 0s, model_bake_max);
  rollout.refuse_unknown_keys();
}

void read_cache(toml_section& cache, model_spec& spec) {
  cache.size("bytes", spec.cache_bytes, 0, model_cache_max);
  if (spec.cache_bytes > 0 && spec.batching.preserve_order)
    cache.refuse("bytes", "expected 0, because batching.preserve_order is true: a kept answer would overtake others");
  cache.refuse_unknown_keys();
}

void read_placement(toml_section& placement, model_spec& spec) {
  std::string on;
  placement.text("on", on);
  if (auto labels = labels_from(on))
    spec.on = *labels;
  else
    placement.refuse("on", labels.failure().message);
  placement.refuse_unknown_keys();
}

void read_scalars(toml_section& root, model_spec& spec) {
  root.integer("max_batch", spec.max_batch, 0, model_batch_max);
  root.integer("threads", spec.threads, 1, model_threads_max);
  root.integer("replicas", spec.replicas, 1, model_replicas_max);
  root.boolean("allow_non_finite", spec.allow_non_finite);
}

} // namespace

result<model_spec> parse_model_toml(std::string_view text, std::string_view file_name) {
  auto document = parse_toml(text, file_name);
  if (!document)
    return document.failure();
  toml_problems problems(file_name);
  toml_section root(*document, problems);
  model_spec spec;
  read_scalars(root, spec);
  spec.inputs = read_tensors(root, "inputs", spec.max_batch);
  spec.outputs = read_tensors(root, "outputs", spec.max_batch);
  auto limits = root.section("limits");
  read_limits(limits, spec);
  auto batching = root.section("batching");
  read_batching(batching, spec);
  auto queue = root.section("queue");
  read_queue(queue, spec);
  auto cache = root.section("cache");
  read_cache(cache, spec);
  auto rollout = root.section("rollout");
  read_rollout(rollout, spec);
  auto placement = root.section("placement");
  read_placement(placement, spec);
  root.refuse_unknown_keys();
  if (!problems.empty())
    return problems.to_error();
  return spec;
}

} // namespace troupe
