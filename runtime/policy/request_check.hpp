#pragma once

#include "runtime/base/model_spec.hpp"

#include <string_view>
#include <vector>

namespace troupe {

/// A name as a client sent it, short enough to be sent back in a message.
std::string quotable(std::string_view name);

/// Whether `given` is a request that the model takes: every input once, nothing else, datatypes, shapes and bytes as declared, the same
/// number of rows everywhere, 1 to max_batch of them. Puts the tensors into `ordered` in the model's order and returns the rows (0 if the
/// model takes no batch). The error names the input, what was expected and what was found.
result<std::uint32_t> check_request(const model_spec& spec, const std::vector<named_view>& given,
                                    std::vector<tensor_view>& ordered);

/// The indices of the outputs that were asked for by name, all of them if none was. The error lists the names there are.
result<std::vector<std::uint32_t>> select_outputs(const model_spec& spec, const std::vector<std::string_view>& names);

/// Whether a request that one version takes is one that the other takes, too, as far as its inputs go: a batch of one may have more rows than the other's.
bool takes_same_inputs(const model_spec& a, const model_spec& b);

} // namespace troupe
