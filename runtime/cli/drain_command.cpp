#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <ostream>
#include <set>
#include <string>

namespace troupe {

namespace {

/// What a node tells of itself is at most so old, with what it takes to travel: until then it may still count what it has given up, or not yet what it has.
constexpr auto first_look = std::chrono::milliseconds(2500);
constexpr auto look_interval = std::chrono::milliseconds(500);

struct drain_options {
  std::string name;
  bool undo = false;
  bool wait = false;
  std::string timeout = "5m";
};

/// The node that a person named so, as `drain` understands it.
schema::ClusterNode::Reader find_node(schema::Control::NodesResults::Reader all, const std::string& name) {
  for (auto node : all.getNodes())
    if (text_of(node.getName()) == name)
      return node;
  for (auto node : all.getNodes())
    if (text_of(node.getId()).rfind(name, 0) == 0)
      return node;
  throw command_failure(exit_code::failed, printable(name) + " is no longer in the cluster");
}

/// Why versions that run on that node find no other place.
std::set<std::string> why_it_keeps_some(client& node, const std::string& name) {
  std::set<std::string> found;
  auto answer = node.ask(node.control().statusRequest());
  require_ok(answer.getError());
  for (auto deployment : answer.getDeployments())
    for (auto version : deployment.getVersions())
      for (auto replica : version.getReplicas())
        if (version.getUnplaced().size() > 0 && text_of(replica.getNode()) == name)
          found.insert(printable(text_of(version.getUnplaced())));
  return found;
}

/// Returns once the node runs nothing any more; tells meanwhile, once, what it has to keep.
void await_empty(client& node, const command_context& context, const drain_options& options, std::chrono::nanoseconds timeout) {
  std::set<std::string> told;
  auto until = node.timer().now() + timeout.count() * kj::NANOSECONDS;
  node.on_interrupt("stopped waiting; " + options.name + " is still being emptied, `troupe drain " + options.name
                    + " --undo` ends it");
  for (auto pause = std::chrono::nanoseconds(first_look);; pause = look_interval) {
    node.pause(pause);
    auto answer = node.ask(node.control().nodesRequest());
    require_ok(answer.getError());
    auto drained = find_node(answer, options.name);
    auto left = drained.getReplicas();
    if (left == 0)
      return;
    for (const auto& why : why_it_keeps_some(node, text_of(drained.getName())))
      if (told.insert(why).second)
        context.io.err << "still waiting: " << why << "\n" << std::flush;
    if (node.timer().now() >= until)
      throw command_failure(exit_code::timed_out, printable(options.name) + " still runs " + std::to_string(left)
                                                      + (left == 1 ? " replica" : " replicas") + " after "
                                                      + human_duration(timeout)
                                                      + "; `troupe status` tells what finds no other place");
  }
}

void drain(const command_context& context, const drain_options& options) {
  auto timeout = require(parse_duration(options.timeout), exit_code::bad_usage);
  client node(context.target());
  auto call = node.control().drainNodeRequest();
  call.setNode(options.name);
  call.setUndo(options.undo);
  require_ok(node.ask(kj::mv(call)).getError());
  if (options.wait)
    await_empty(node, context, options, timeout);
  if (context.format == output_format::json)
    print_json(context, {{"node", options.name}, {"draining", !options.undo}});
  else if (options.wait)
    context.io.out << options.name << ": runs nothing any more, and can be stopped\n";
  else if (options.undo)
    context.io.out << options.name << ": may have work again\n";
  else
    context.io.out << options.name
                   << ": its work moves to other nodes, as far as they have room; `troupe nodes --watch` tells how far it is, "
                      "`troupe status` what finds no place\n";
}

} // namespace

void add_drain(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<drain_options>();
  auto verb = app.add_subcommand("drain", "Moves a node's work to the others, so that it can be stopped");
  verb->add_option("NODE", options->name, "The node: its name, or the first digits of its id, 4 or more")->required();
  verb->add_flag("--undo", options->undo, "Lets it have work again");
  auto wait = verb->add_flag("--wait", options->wait, "Returns once it runs nothing any more")->excludes("--undo");
  verb->add_option("--timeout", options->timeout, "Waits so long at most, then exits with 4")
      ->type_name("DURATION")
      ->capture_default_str()
      ->needs(wait);
  verb->footer("Example:\n  troupe drain node-2 --wait && ssh node-2 systemctl stop troupe\n  troupe drain node-2 --undo");
  verb->callback([&context, options] { drain(context, *options); });
}

} // namespace troupe
