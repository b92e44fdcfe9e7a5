#include "runtime/cli/client.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct log_level_options {
  std::string actor;
  std::string level;
};

constexpr const char* levels[] = {"debug", "info", "warn", "error", "off", "default"};

bool is_level(const std::string& text) {
  return std::find(std::begin(levels), std::end(levels), text) != std::end(levels);
}

/// One argument alone is the level of all; two are an actor and its level.
log_level_options resolved(log_level_options options) {
  if (options.level.empty())
    std::swap(options.actor, options.level);
  if (!options.level.empty() && !is_level(options.level))
    throw command_failure(exit_code::bad_usage, "'" + options.level
                                                    + "' is no level; expected debug, info, warn, error, off, or default"
                                                      " (an actor's: as all others)");
  return options;
}

void log_level(const command_context& context, const log_level_options& given) {
  auto options = resolved(given);
  client node(context.target());
  auto call = node.control().setLogLevelRequest();
  call.setActor(options.actor);
  call.setLevel(options.level);
  auto answer = node.ask(kj::mv(call));
  require_ok(answer.getError());
  auto list = nlohmann::ordered_json::array();
  table rows({{"ACTOR"}, {"LEVEL"}});
  for (auto level : answer.getLevels()) {
    auto actor = text_of(level.getActor());
    list.push_back({{"actor", actor}, {"level", text_of(level.getLevel())}});
    rows.add({actor.empty() ? "(all others)" : actor, text_of(level.getLevel())});
  }
  if (context.format == output_format::json)
    print_json(context, {{"levels", std::move(list)}});
  else
    context.io.out << rows.render(context.io.colors());
}

} // namespace

void add_log_level(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<log_level_options>();
  auto verb = app.add_subcommand("log-level", "Shows or changes what the node logs, until it ends");
  verb->add_option("ACTOR", options->actor, "A kind as in `troupe tree`, e.g. pool (default: all others)");
  verb->add_option("LEVEL", options->level, "debug, info, warn, error or off; default: an actor's is that of all others again");
  verb->footer(
      "Example:\n  troupe log-level\n  troupe log-level warn\n  troupe log-level pool debug\n  troupe log-level pool default");
  verb->callback([&context, options] { log_level(context, *options); });
}

} // namespace troupe
