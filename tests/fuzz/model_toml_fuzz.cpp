#include "runtime/base/model_toml.hpp"
#include "runtime/serving/host_geometry.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace troupe {

namespace {

void check_tensors(const std::vector<tensor_spec>& tensors, std::uint32_t max_batch) {
  require(!tensors.empty() && tensors.size() <= host_tensors_max, "there are tensors, and not too many");
  for (const auto& tensor : tensors) {
    require(!tensor.name.empty() && tensor.name.size() <= tensor_name_max, "a tensor has a name of some length");
    require(tensor.dims.size() <= rank_max, "a tensor's rank is bounded");
    require(max_batch == 0 || (!tensor.dims.empty() && tensor.dims[0] == -1), "the batch is the first dimension");
    require(std::all_of(tensor.dims.begin(), tensor.dims.end(), [](auto dim) { return dim == -1 || dim > 0; }),
            "a dimension is positive or free");
  }
}

void check_queue(const model_spec& spec) {
  require(!spec.queue_levels.empty(), "a queue has a level");
  require(spec.default_priority >= 1 && spec.default_priority <= spec.queue_levels.size(), "the default level is one of them");
  require(spec.queue_rows_max >= std::max(spec.max_batch, 1U) && spec.queue_rows_max <= model_queue_rows_max,
          "a batch fits the queue");
  for (auto rows : spec.batching.preferred)
    require(rows >= 1 && rows <= std::max(spec.max_batch, 1U), "a preferred batch is one that may be");
}

} // namespace

/// A model.toml: what is taken is within its bounds, and its shared memory as well.
void fuzz_one(std::string_view input) {
  auto spec = parse_model_toml(input, "model.toml");
  if (!spec) {
    require(spec.failure().code == error_code::invalid_argument && !spec.failure().message.empty(), "a refusal says why");
    return;
  }
  require(spec->max_batch <= model_batch_max && spec->threads >= 1 && spec->threads <= model_threads_max, "scalars are bounded");
  require(spec->replicas >= 1 && spec->replicas <= model_replicas_max, "replicas are bounded");
  check_tensors(spec->inputs, spec->max_batch);
  check_tensors(spec->outputs, spec->max_batch);
  check_queue(*spec);
  auto geometry = geometry_of(*spec);
  auto area_max = host_area_bytes_max + 2 * host_page_size;
  require(geometry.input_bytes <= area_max && geometry.output_bytes <= area_max, "the shared memory is bounded");
  require(geometry.input_bytes % host_page_size == 0 && geometry.output_bytes % host_page_size == 0, "areas are whole pages");
}

} // namespace troupe
