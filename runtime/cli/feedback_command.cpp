#include "runtime/base/printable.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <istream>
#include <memory>
#include <ostream>
#include <sstream>

namespace troupe {

namespace {

struct feedback_options {
  std::string name;
  std::string id;
  double reward = 0;
};

struct counted_feedback {
  std::uint64_t counted = 0;
  std::uint64_t known = 0;
};

void send(client& node, const std::string& name, const std::string& id, double reward, counted_feedback& sum) {
  auto call = node.inference().feedbackRequest();
  call.setDeployment(name);
  call.setId(id);
  call.setReward(reward);
  auto answer = node.ask(kj::mv(call));
  require_ok(answer.getError());
  ++(answer.getCounted() ? sum.counted : sum.known);
}

/// A line each: an id and its reward. What was sent before a wrong line stays sent.
void send_lines(client& node, const std::string& name, std::istream& in, counted_feedback& sum) {
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    std::istringstream words(line);
    std::string id;
    double reward = 0;
    std::string more;
    if (!(words >> id >> reward) || words >> more)
      throw command_failure(exit_code::bad_usage, "line " + std::to_string(number) + " of the input: expected ID REWARD, found '"
                                                      + printable(line) + "'; the lines before it were sent");
    send(node, name, id, reward, sum);
  }
}

void feedback(const command_context& context, const feedback_options& options, bool has_reward) {
  if (!options.id.empty() && !has_reward)
    throw command_failure(exit_code::bad_usage,
                          "the reward of request '" + printable(options.id) + "' is missing: a number from 0 to 1");
  client node(context.target());
  counted_feedback sum;
  if (options.id.empty())
    send_lines(node, options.name, context.io.in, sum);
  else
    send(node, options.name, options.id, options.reward, sum);
  if (context.format == output_format::json)
    return print_json(context, {{"deployment", options.name}, {"counted", sum.counted}, {"known", sum.known}});
  context.io.out << options.name << ": " << sum.counted << (sum.counted == 1 ? " reward" : " rewards") << " counted";
  if (sum.known > 0)
    context.io.out << ", " << sum.known << " were known already";
  context.io.out << "\n";
}

} // namespace

void add_feedback(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<feedback_options>();
  auto verb = app.add_subcommand("feedback", "Tells an A/B test what came of requests");
  verb->add_option("NAME", options->name, "The deployment")->required();
  verb->add_option("ID", options->id, "The request's id, as it was sent (default: lines of ID REWARD are read)");
  auto reward = verb->add_option("REWARD", options->reward, "0 to 1: how good its answer was");
  verb->footer(
      "Goes to any node. Each request's reward counts once, for the version that the test's key gives the request to: split\n"
      "by \"request_id\" or \"caller\". Where a header is the key, send HTTP POST /v2/models/NAME/feedback with that header.\n\n"
      "Example:\n  troupe feedback digits order-1017 1\n  troupe feedback digits < rewards.txt");
  verb->callback([&context, options, reward] { feedback(context, *options, reward->count() > 0); });
}

} // namespace troupe
