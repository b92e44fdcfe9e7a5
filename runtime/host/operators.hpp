#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace troupe {

/// An operator that no model may call, where it is called, and what the author can do.
struct denied_operator {
  std::string name;     ///< "aten::save"
  std::string function; ///< "Net.forward"
  std::string advice;
};

struct operator_report {
  std::size_t count = 0; ///< different operators in all functions
  std::vector<denied_operator> denied;
};

/// Looks through every function and method that came with the module, called or not, and all blocks within. The list is there to tell the author
/// early and in clear words; what holds a model is the sandbox.
operator_report look_at_operators(const torch::jit::Module& module);

/// What to tell the author: "it calls aten::save in Net.forward; …".
std::string to_string(const denied_operator& denied);

} // namespace troupe
