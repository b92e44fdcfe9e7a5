#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/base/model_spec.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Where the outputs of one call go: `size` bytes at `offset` of the shared memory at `memory`.
struct output_area {
  std::byte* memory = nullptr;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// What came of one call: `outputs` in the area, or the reason for a person.
struct call_outcome {
  done_status status = done_status::outputs;
  std::string text;
  std::vector<host_tensor> outputs; ///< in the order of the spec
};

/// A TorchScript model, loaded from a descriptor. Not thread-safe.
class model {
public:
  /// Reads the `size` bytes behind `fd` (which it only needs for this call). The error carries what libtorch says.
  static result<model> load(int fd, std::uint64_t size, const model_spec& spec);
  model(model&&) noexcept;
  ~model();

  /// Whether it calls no operator that a model may not (operators.hpp). Before `optimize`, which may hide where it stood.
  result<void> check_operators() const;
  /// Makes it quick; fails only for want of memory.
  result<void> optimize();
  /// Whether forward() takes the inputs that the spec lists.
  result<void> check_signature() const;
  /// Runs it with zeros for `rows` rows (0: no batch) and free dimensions of 1, and checks what it gives. A model with free dimensions or
  /// texts may raise an error at those and is warmed as far as can be.
  call_outcome warm(std::uint32_t rows);
  /// Runs it on inputs that the node has checked. `rows` is 0 if the model takes no batch.
  call_outcome run(const std::vector<tensor_view>& inputs, std::uint32_t rows, const output_area& area);

private:
  struct state;
  explicit model(std::unique_ptr<state> loaded);
  std::unique_ptr<state> state_;
};

} // namespace troupe
