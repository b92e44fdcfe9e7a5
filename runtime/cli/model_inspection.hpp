#pragma once

#include "runtime/oip/named_tensor.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct inspected_argument {
  std::string name;
  std::string type; ///< TorchScript's: "Tensor", "Optional[Tensor]", "int"
  bool optional = false;
};

/// What troupe-host tells of a model (runtime/host/inspect.hpp).
struct model_inspection {
  std::vector<inspected_argument> arguments;
  std::optional<std::size_t> output_count; ///< if the type of what it returns tells
  std::vector<std::string> denied;         ///< what it calls and may not, with advice
  std::vector<named_tensor> outputs;       ///< of the run
};

struct inspection_order {
  std::string host_path; ///< of troupe-host
  std::string model_path;
  std::chrono::nanoseconds timeout;
  const std::vector<named_tensor>* inputs = nullptr; ///< null: it is only looked at; else also run
};

/// Loads, and runs, the model in a sandboxed process of its own. The error is for the model's author: model_failed (it can't be loaded, raises an
/// error, crashes), deadline_exceeded, io_failed (no troupe-host).
result<model_inspection> inspect_model(const inspection_order& order);

/// What the host printed; internal if that makes no sense.
result<model_inspection> parse_inspection(const std::string& text);

} // namespace troupe
