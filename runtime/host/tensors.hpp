#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/host/model.hpp"
#include "runtime/oip/named_tensor.hpp"

#include <ATen/core/ivalue.h>
#include <vector>

namespace troupe {

/// The way of tensors between shared memory and libtorch.

/// A tensor over the view's bytes, no copy; valid as long as they are.
at::Tensor borrow(const tensor_view& view);

/// Zeros of the spec's type and shape; the first free dimension is `rows` if that isn't 0, all others 1.
at::Tensor zeros(const tensor_spec& spec, std::uint32_t rows);

/// What forward() returned as one tensor for each output of the spec: a tensor, a tuple or list in the spec's order, or a
/// dictionary by name. The error is for the model's author.
result<std::vector<at::Tensor>> unpack(const c10::IValue& returned, const std::vector<tensor_spec>& outputs);

/// Copies of all that forward() returned, named: by a dictionary's keys, else "output", or "output_0" and so on if there are several. The error
/// names what can't be served.
result<std::vector<named_tensor>> copy_outputs(const c10::IValue& returned);

/// Whether the tensors have the datatypes and shapes of the spec and, if `rows` isn't 0, that many rows.
result<void> check(const std::vector<at::Tensor>& tensors, const std::vector<tensor_spec>& outputs, std::uint32_t rows);

/// Copies checked tensors into the area, each aligned. Exhausted if they don't fit.
call_outcome store(const std::vector<at::Tensor>& tensors, const output_area& area);

} // namespace troupe
