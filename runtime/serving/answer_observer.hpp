#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/tensor.hpp"

#include <vector>

namespace troupe {

/// Sees what a request was answered with, after the one who asked. One of both is called, once, on the request's loop; the views die when it returns.
class answer_observer {
public:
  virtual ~answer_observer() = default;
  virtual void on_outputs(const std::vector<tensor_view>& outputs) = 0;
  virtual void on_error(error_code why) = 0;
};

} // namespace troupe
