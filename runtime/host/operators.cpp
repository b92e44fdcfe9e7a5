#include "runtime/host/operators.hpp"

#include <array>
#include <set>
#include <string_view>
#include <torch/script.h>

namespace troupe {

namespace {

struct denial {
  std::string_view name; ///< ends with "::": all of that namespace
  const char* advice;
};

constexpr const char* no_files =
    "a model can't reach files: remove torch.save and torch.from_file from what it calls, put what it needs into "
    "parameters or buffers, and save it again";
constexpr const char* no_threads = "a replica's threads are set by 'threads' in model.toml: call the function itself instead of "
                                   "torch.jit.fork, and save it again";
constexpr const char* no_network = "a model can't reach other machines: remove the distributed calls, and save it again";
constexpr const char* no_python =
    "there is no Python where models run: mark the method with @torch.jit.unused or write it in TorchScript";

/// Of libtorch 1.13 and 2.6. Awaitables (prim::awaitable) run in the calling thread, so they may stay.
constexpr std::array<denial, 10> denials = {{
    {"aten::save", no_files},
    {"aten::from_file", no_files},
    {"prim::fork", no_threads},
    {"aten::wait", no_threads},
    {"prim::rpc_async", no_network},
    {"prim::rpc_sync", no_network},
    {"prim::rpc_remote", no_network},
    {"c10d::", no_network},
    {"_c10d_functional::", no_network},
    {"prim::PythonOp", no_python},
}};

const denial* find_denial(std::string_view name) {
  for (const auto& each : denials) {
    bool whole_namespace = each.name.back() == ':';
    if (whole_namespace ? name.substr(0, each.name.size()) == each.name : name == each.name)
      return &each;
  }
  return nullptr;
}

/// "Net.forward" of "__torch__.Net.forward".
std::string short_name(const c10::QualifiedName& name) {
  constexpr std::string_view prefix = "__torch__.";
  const auto& full = name.qualifiedName();
  return full.rfind(prefix, 0) == 0 ? full.substr(prefix.size()) : full;
}

class walk {
public:
  void through(torch::jit::Function& function) {
    auto graph_function = torch::jit::tryToGraphFunction(function);
    if (graph_function == nullptr)
      return;
    function_ = short_name(function.qualname());
    graph_function->ensure_defined();
    through(*graph_function->graph()->block());
  }

  operator_report take() {
    report_.count = names_.size();
    return std::move(report_);
  }

private:
  void through(const torch::jit::Block& block) {
    for (const auto* node : block.nodes()) {
      look_at(node->kind().toQualString());
      for (const auto* inner : node->blocks())
        through(*inner);
      through_graphs(*node);
    }
  }

  /// The bodies of torch.jit.fork and of closures.
  void through_graphs(const torch::jit::Node& node) {
    for (auto name : node.attributeNames()) {
      if (node.kindOf(name) == torch::jit::AttributeKind::g)
        through(*node.g(name)->block());
      if (node.kindOf(name) == torch::jit::AttributeKind::gs)
        for (const auto& graph : node.gs(name))
          through(*graph->block());
    }
  }

  void look_at(const char* name) {
    names_.insert(name);
    if (auto found = find_denial(name))
      report_.denied.push_back({name, function_, found->advice});
  }

  std::string function_;
  std::set<std::string> names_;
  operator_report report_;
};

} // namespace

operator_report look_at_operators(const torch::jit::Module& module) {
  walk all;
  for (auto* function : module._ivalue()->compilation_unit()->get_functions())
    all.through(*function);
  return all.take();
}

std::string to_string(const denied_operator& denied) {
  return "it calls " + denied.name + " in " + denied.function + "; " + denied.advice;
}

} // namespace troupe
