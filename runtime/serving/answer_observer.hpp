#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/tensor.hpp"

#include <vector>

namespace troupe {

class inference_request;

/// Sees what a request was answered with, after the one who asked. One of both is called, once, on the request's loop; the views die when it returns.
class answer_observer {
public:
  virtual ~answer_observer() = default;
  virtual void on_outputs(const inference_request& of, const std::vector<tensor_view>& outputs) = 0;
  virtual void on_error(const inference_request& of, error_code why) = 0;
};

} // namespace troupe
