#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/host/model.hpp"
#include "runtime/oip/named_tensor.hpp"

#include <ATen/core/ivalue.h>
#include <vector>

namespace troupe {

/// The way of tensors between shared memory and libtorch.

/// What forward() gets for the tensor: of BYTES a flat, row-major List[str], else a tensor over the view's bytes, no copy; valid as long as
/// they are.
c10::IValue model_input(const tensor_view& view);

/// The same of zeros (of BYTES: of strings "0"); the first free dimension is `rows` if that isn't 0, all others 1.
c10::IValue zeros(const tensor_spec& spec, std::uint32_t rows);

/// The type that forward() must declare for the input, as TorchScript writes it: "Tensor" or "List[str]".
c10::TypePtr input_type(datatype type);

/// One output of forward(), of a datatype that we serve.
struct model_output {
  datatype type = datatype::fp32;
  shape dims;
  at::Tensor data; ///< dense and on the CPU; of BYTES their bytes, as UINT8

  std::uint64_t size() const { return data.nbytes(); }
};

/// What forward() returned as one output for each of the spec: a tensor or a List[str] (one output), a tuple or list in the spec's order, or
/// a dictionary by name. A List[str] is BYTES with the shape of the spec; of dimensions that it leaves free, the first is `rows` if that isn't 0,
/// and of the others one is as the number of strings says. The error is for the model's author.
result<std::vector<model_output>> unpack(const c10::IValue& returned, const std::vector<tensor_spec>& outputs,
                                         std::uint32_t rows);

/// Copies of all that forward() returned, named: by a dictionary's keys, else "output", or "output_0" and so on if there are several. A
/// List[str] has one dimension. The error names what can't be served.
result<std::vector<named_tensor>> copy_outputs(const c10::IValue& returned);

/// Whether the outputs have the datatypes and shapes of the spec and, if `rows` isn't 0, that many rows.
result<void> check(const std::vector<model_output>& found, const std::vector<tensor_spec>& outputs, std::uint32_t rows);

/// Copies checked outputs into the area, each aligned. Exhausted if they don't fit.
call_outcome store(const std::vector<model_output>& outputs, const output_area& area);

} // namespace troupe
