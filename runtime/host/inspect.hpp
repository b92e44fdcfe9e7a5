#pragma once

#include <string>

namespace troupe {

/// `troupe-host --inspect MODEL.pt [--run]`: what `troupe init` must know of a model, as one JSON object on stdout. The model is loaded, and run,
/// in the sandbox of a version template; how long that takes is bounded by who started this process and can kill it.
///
///     {"arguments": [{"name": "image", "type": "Tensor", "optional": false}], "returns": {"type": "Tensor", "count": 1 or null},
///      "parameters": {"count": 2, "first": {"name", "datatype", "shape"}, "last": {…}},
///      "operators": {"count": 23, "denied": [{"operator", "function", "advice"}]},
///      "outputs": […]}                                        with --run: what forward() gives
///     {"error": {"stage": "sandbox" or "load" or "run", "message": "…"}}   instead, or beside the rest if the run failed
///
/// With --run stdin holds an Open Inference Protocol request; its inputs go to forward() in their order. Outputs are named by a dictionary's keys,
/// else "output", or "output_0" and so on. Returns the exit code.
int run_inspection(const std::string& path, bool run);

} // namespace troupe
