#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace troupe {

namespace {

nlohmann::ordered_json tree_json(schema::TreeNode::Reader node) {
  auto children = nlohmann::ordered_json::array();
  for (auto child : node.getChildren())
    children.push_back(tree_json(child));
  return {{"name", text_of(node.getName())}, {"kind", text_of(node.getKind())}, {"state", text_of(node.getState())},
          {"age_us", node.getAgeUs()},       {"restarts", node.getRestarts()},  {"detail", text_of(node.getDetail())},
          {"children", std::move(children)}};
}

/// `stem` stands before the node itself, `indent` before what is below it.
void add_rows(table& rows, schema::TreeNode::Reader node, const std::string& stem, const std::string& indent) {
  auto restarts = node.getRestarts();
  rows.add({stem + text_of(node.getName()), text_of(node.getKind()), state_cell(text_of(node.getState())),
            human_duration(std::chrono::microseconds(node.getAgeUs())),
            cell(std::to_string(restarts), restarts == 0 ? color::none : color::yellow), text_of(node.getDetail())});
  auto children = node.getChildren();
  for (unsigned i = 0; i < children.size(); ++i) {
    bool last = i + 1 == children.size();
    add_rows(rows, children[i], indent + (last ? "└─ " : "├─ "), indent + (last ? "   " : "│  "));
  }
}

void tree(const command_context& context) {
  client node(context.target());
  auto answer = node.ask(node.control().treeRequest());
  if (context.format == output_format::json)
    return print_json(context, tree_json(answer.getRoot()));
  table rows({{"NAME"}, {"KIND"}, {"STATE"}, {"AGE", true}, {"RESTARTS", true}, {"DETAIL"}});
  add_rows(rows, answer.getRoot(), "", "");
  context.io.out << rows.render(context.io.colors());
}

} // namespace

void add_tree(CLI::App& app, const command_context& context) {
  auto verb = app.add_subcommand("tree", "Draws the node's live supervision tree");
  verb->footer("Example:\n  troupe tree");
  verb->callback([&context] { tree(context); });
}

} // namespace troupe
