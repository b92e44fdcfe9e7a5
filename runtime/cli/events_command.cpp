#include "runtime/base/event.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/table.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

constexpr std::uint32_t events_max = 10'000; // the node's own limit, see control.capnp

struct events_options {
  std::string name;
  std::uint32_t limit = 100;
  std::string since;
};

std::int64_t since_unix_ns(const command_context& context, const std::string& since) {
  if (since.empty())
    return 0;
  auto length = require(parse_duration(since), exit_code::bad_usage);
  return (context.io.time.wall_now() - length).time_since_epoch().count();
}

nlohmann::ordered_json event_json(schema::Event::Reader e) {
  auto fields = nlohmann::ordered_json::object();
  for (auto f : e.getFields())
    fields[text_of(f.getKey())] = text_of(f.getValue());
  return {{"unix_ns", e.getUnixNs()},
          {"severity", text_of(e.getSeverity())},
          {"name", text_of(e.getName())},
          {"fields", std::move(fields)}};
}

std::string event_text(schema::Event::Reader e) {
  event copy;
  copy.name = text_of(e.getName());
  for (auto f : e.getFields())
    copy.fields.emplace_back(text_of(f.getKey()), text_of(f.getValue()));
  return to_text(copy);
}

void events(const command_context& context, const events_options& options) {
  auto since = since_unix_ns(context, options.since);
  client node(context.node);
  auto call = node.control().eventsRequest();
  call.setName(options.name);
  call.setLimit(options.limit);
  call.setSinceUnixNs(since);
  auto answer = node.wait(call.send());
  require_ok(answer.getError());
  auto list = nlohmann::ordered_json::array();
  table rows({{"TIME"}, {"SEVERITY"}, {"EVENT"}});
  for (auto e : answer.getEvents()) {
    list.push_back(event_json(e));
    rows.add({time_text(e.getUnixNs()), state_cell(text_of(e.getSeverity())), event_text(e)});
  }
  if (context.format == output_format::json)
    print_json(context, {{"events", std::move(list)}});
  else
    context.io.out << rows.render(context.io.colors());
}

} // namespace

void add_events(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<events_options>();
  auto verb = app.add_subcommand("events", "Shows what happened, oldest first");
  verb->add_option("NAME", options->name, "Only of this deployment");
  verb->add_option("--limit", options->limit, "The newest so many")->check(CLI::Range(1U, events_max))->capture_default_str();
  verb->add_option("--since", options->since, "Only the last 30s, 10m, 2h, 7d…")->type_name("DURATION");
  verb->footer("Example:\n  troupe events digits --since 10m");
  verb->callback([&context, options] { events(context, *options); });
}

} // namespace troupe
