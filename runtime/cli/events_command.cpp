#include "runtime/base/event.hpp"
#include "runtime/base/printable.hpp"
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

/// As wide as a time, so that what is followed stands below its title.
constexpr const char* time_title = "TIME                   ";

struct events_options {
  std::string name;
  std::uint32_t limit = 100;
  std::string since;
  bool follow = false;
  std::string interval = "500ms";
};

using event_list = capnp::List<schema::Event>::Reader;
using events_answer = capnp::Response<schema::Control::EventsResults>;

/// What is asked for; `after` and `limit` change from look to look.
struct question {
  std::string name;
  std::int64_t since_unix_ns = 0;
  std::uint64_t after = 0;
  std::uint32_t limit = 0;
};

nlohmann::ordered_json event_json(schema::Event::Reader e) {
  auto fields = nlohmann::ordered_json::object();
  for (auto f : e.getFields())
    fields[text_of(f.getKey())] = text_of(f.getValue());
  return {{"sequence", e.getSequence()},
          {"unix_ns", e.getUnixNs()},
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

table event_table(event_list events) {
  table rows({{time_title}, {"SEVERITY"}, {"EVENT"}});
  for (auto e : events)
    rows.add({time_text(e.getUnixNs()), state_cell(text_of(e.getSeverity())), event_text(e)});
  return rows;
}

question question_of(const command_context& context, const events_options& options) {
  question asked{options.name, 0, 0, options.limit};
  if (!options.since.empty())
    asked.since_unix_ns =
        require(parse_since(options.since, context.io.time.wall_now().time_since_epoch().count()), exit_code::bad_usage);
  return asked;
}

events_answer ask_events(client& node, const question& asked) {
  auto call = node.control().eventsRequest();
  call.setName(asked.name);
  call.setLimit(asked.limit);
  call.setSinceUnixNs(asked.since_unix_ns);
  call.setAfter(asked.after);
  auto answer = node.ask(kj::mv(call));
  require_ok(answer.getError());
  return answer;
}

void print_followed(const command_context& context, event_list events) {
  if (context.format == output_format::json)
    for (auto e : events)
      print_json_line(context, event_json(e));
  else
    context.io.out << event_table(events).render_rows(context.io.colors());
  context.io.out << std::flush;
}

/// The last event's sequence, by which the next look goes on.
std::uint64_t last_sequence(event_list events) {
  auto sequence = events[events.size() - 1].getSequence();
  if (sequence == 0)
    throw command_failure(exit_code::failed, "this node does not number its events, so they can't be followed: update the node");
  return sequence;
}

/// A look takes in the newest so many only. Sequences have no gaps, so where all events are asked for it is known what is missing.
void warn_of_gap(const command_context& context, const question& asked, event_list events) {
  auto missed = events[0].getSequence() - asked.after - 1;
  if (asked.name.empty() && missed > 0)
    context.io.err << "warning: " << missed << " events came too fast to be shown; look again more often (--interval)\n";
}

/// Until the node is lost, or Ctrl-C.
[[noreturn]] void follow(const command_context& context, const events_options& options) {
  auto interval = require(parse_duration(options.interval), exit_code::bad_usage);
  auto asked = question_of(context, options);
  client node(context.target());
  if (context.format == output_format::table)
    context.io.out << event_table({}).render(false) << std::flush;
  for (;; node.pause(interval), asked.limit = events_max) {
    auto answer = ask_events(node, asked);
    auto events = answer.getEvents();
    if (events.size() == 0)
      continue;
    if (asked.limit == events_max && asked.after > 0)
      warn_of_gap(context, asked, events);
    print_followed(context, events);
    asked.after = last_sequence(events);
  }
}

/// Each node keeps what happened on it, and only the leader what became of deployments.
std::string where_else(client& node) {
  auto told = node.ask(node.control().nodesRequest());
  if (told.getError().getCode() != schema::Code::OK)
    return "`troupe status` lists the deployments";
  for (auto each : told.getNodes())
    if (each.getIsSelf() && !each.getLeads())
      return printable("each node keeps its own, and the leader, " + text_of(told.getLead().getLeaderName())
                       + ", those of rollouts: ask it with --node");
  return "`troupe status` lists the deployments; each node keeps what happened on it: ask another one with --node";
}

void events(const command_context& context, const events_options& options) {
  if (options.follow)
    follow(context, options);
  auto asked = question_of(context, options);
  client node(context.target());
  auto answer = ask_events(node, asked);
  if (context.format == output_format::table) {
    context.io.out << event_table(answer.getEvents()).render(context.io.colors());
    if (answer.getEvents().size() == 0 && !options.name.empty())
      context.io.err << "no events of '" << printable(options.name) << "' on this node; " << where_else(node) << "\n";
    return;
  }
  auto list = nlohmann::ordered_json::array();
  for (auto e : answer.getEvents())
    list.push_back(event_json(e));
  print_json(context, {{"events", std::move(list)}});
}

} // namespace

void add_events(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<events_options>();
  auto verb = app.add_subcommand("events", "Shows what happened, oldest first");
  verb->add_option("NAME", options->name, "Only of this deployment");
  verb->add_option("--limit", options->limit, "The newest so many, at most 10000")
      ->type_name("N")
      ->check(CLI::Range(1U, events_max).description(""))
      ->capture_default_str();
  verb->add_option("--since", options->since, "Only the last 30s, 10m, 2h, 7d…, or from a time on: 2026-11-23T02:39:50Z")
      ->type_name("TIME");
  auto follow = verb->add_flag("-f,--follow", options->follow, "Goes on with new ones, until Ctrl-C; json: an object a line");
  verb->add_option("--interval", options->interval, "Between two looks of --follow")
      ->type_name("DURATION")
      ->capture_default_str()
      ->needs(follow);
  verb->footer("Example:\n  troupe events digits --since 10m\n  troupe events --follow");
  verb->callback([&context, options] { events(context, *options); });
}

} // namespace troupe
