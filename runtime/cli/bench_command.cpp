#include "runtime/base/units.hpp"
#include "runtime/cli/door_options.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/infer_inputs.hpp"
#include "runtime/cli/load_levels.hpp"
#include "runtime/cli/load_ramp.hpp"
#include "runtime/cli/random_inputs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

constexpr std::uint64_t rate_max = 1'000'000;
constexpr std::uint64_t rows_max = 1'000'000;
/// Random data are the same in every run, so that runs can be compared.
constexpr std::uint64_t data_seed = 1;

struct bench_options {
  std::string name;
  infer_source source;
  std::vector<std::string> shapes;
  std::uint64_t rows = 1;
  std::string concurrency = "1";
  std::string rate; ///< empty: a closed loop
  std::string arrivals_name = "poisson";
  std::string duration = "10s";
  std::string warmup = "1s";
  std::string deadline;
  door_options door;
};

ramp_options ramp_of(const bench_options& options) {
  ramp_options ramp;
  bool open = !options.rate.empty();
  if (open)
    ramp.open = options.arrivals_name == "poisson" ? arrivals::poisson : arrivals::constant;
  ramp.levels = require(open ? parse_levels(options.rate, rate_max) : parse_levels(options.concurrency, load_in_flight_max),
                        exit_code::bad_usage);
  ramp.duration = require(parse_duration(options.duration), exit_code::bad_usage);
  auto warmup = duration_from(options.warmup);
  if (options.warmup != "0" && !(warmup && warmup->count() == 0))
    ramp.warmup = require(parse_duration(options.warmup), exit_code::bad_usage);
  return ramp;
}

/// What is sent again and again, from files or at random.
oip_request request_of(const command_context& context, inference_door& door, const bench_options& options,
                       const model_signature& model, const input_shapes& shapes) {
  if (source_count(options.source) == 1)
    return read_inputs(door, context.io, options.name, options.source);
  oip_request request;
  request.inputs =
      require(random_inputs(model, shapes, options.rows, door.request_bytes_max(), rng(data_seed)), exit_code::bad_usage);
  return request;
}

void require_sense(const bench_options& options) {
  if (source_count(options.source) > 1)
    throw command_failure(exit_code::bad_usage, "give the inputs in one way: a JSON file, --input NAME=FILE.npy for each input, "
                                                "--npy FILE, or nothing for random data");
  if (source_count(options.source) == 1 && (!options.shapes.empty() || options.rows != 1))
    throw command_failure(exit_code::bad_usage, "--shape and --rows are for random data; the inputs that are given have a shape");
}

void print(const command_context& context, const bench_options& options, const ramp_report& report) {
  if (context.format == output_format::table) {
    context.io.out << ramp_text(report);
    return;
  }
  nlohmann::ordered_json json = {{"deployment", options.name}, {"protocol", options.door.protocol}};
  json.update(ramp_json(report));
  print_json(context, json);
}

/// The command's end is the first thing that went wrong.
void require_success(const ramp_report& report) {
  for (const auto& level : report.levels)
    unbroken(level.report);
  std::uint64_t failed = 0;
  std::uint64_t sent = 0;
  std::string first;
  for (const auto& level : report.levels) {
    failed += level.report.failed;
    sent += level.report.failed + level.report.answered;
    first = first.empty() ? level.report.first_error : first;
  }
  if (failed > 0)
    throw command_failure(exit_code::failed,
                          std::to_string(failed) + " of " + std::to_string(sent) + " requests failed; the first: " + first);
}

void bench(const command_context& context, const bench_options& options) {
  require_sense(options);
  auto ramp = ramp_of(options);
  auto shapes = require(parse_shapes(options.shapes), exit_code::bad_usage);
  std::chrono::nanoseconds deadline{0};
  if (!options.deadline.empty())
    deadline = require(parse_duration(options.deadline), exit_code::bad_usage);
  auto door = open_door(context, options.door);
  auto model = door->signature(options.name);
  auto request = request_of(context, *door, options, model, shapes);
  door->prepare({options.name, request.inputs, request.id, request.outputs,
                 std::chrono::duration_cast<std::chrono::microseconds>(deadline)});
  auto report = run_ramp(context.io, *door, ramp);
  report.rows = rows_of(model, request.inputs);
  print(context, options, report);
  require_success(report);
}

void add_input(CLI::App& verb, bench_options& options) {
  add_source(verb, options.source);
  verb.add_option("--rows", options.rows, "Of random data (without FILE, --input and --npy): rows in each request")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, rows_max).description(""))
      ->capture_default_str();
  verb.add_option("--shape", options.shapes, "Of random data: an input's shape, where the model leaves dimensions free")
      ->type_name("NAME=1,784")
      ->take_all();
}

void add_pressure(CLI::App& verb, bench_options& options) {
  auto concurrency = verb.add_option("--concurrency", options.concurrency,
                                     "Closed loop: requests in flight; 1,2,4 or 1:64 (doubling) is a row each")
                         ->type_name("LEVELS")
                         ->capture_default_str();
  auto rate = verb.add_option("--rate", options.rate, "Open loop instead: requests a second, sent when they are due; also a list")
                  ->type_name("LEVELS")
                  ->excludes(concurrency);
  verb.add_option("--arrivals", options.arrivals_name, "Of an open loop: poisson (at random) or constant (evenly)")
      ->type_name("ARRIVALS")
      ->check(CLI::IsMember({"poisson", "constant"}).description(""))
      ->capture_default_str()
      ->needs(rate);
  verb.add_option("--duration", options.duration, "Of each level")->type_name("DURATION")->capture_default_str();
  verb.add_option("--warmup", options.warmup, "The same load before each level, not counted; 0: none")
      ->type_name("DURATION")
      ->capture_default_str();
  verb.add_option("--connections", options.door.connections,
                  "Connections that share the requests (default: 1; with http as many as requests in flight, up to 512)")
      ->type_name("N")
      ->check(CLI::Range(1U, connections_max).description(""));
  verb.add_option("--deadline", options.deadline, "Of each request (default: the node's)")->type_name("DURATION");
  add_door(verb, options.door);
}

} // namespace

void add_bench(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<bench_options>();
  auto verb = app.add_subcommand("bench", "Measures how fast a deployed model answers");
  verb->add_option("NAME", options->name, "The deployment")->required();
  add_input(*verb, *options);
  add_pressure(*verb, *options);
  verb->footer(
      "A closed loop sends the next request when an answer comes: it finds the most that the node can do. An open loop sends "
      "requests when they are due, as callers who know nothing of each other do, and counts a latency from then on, so that "
      "requests which had to wait are not left out. UNSENT: were due, but "
      + std::to_string(load_in_flight_max)
      + " others were still unanswered. Ctrl-C ends it with the figures so far. Percentiles are up to 0.8 % too large, never too "
        "small.\n\nWith -o json: deployment, protocol, loop, of an open one arrivals, rows (of a request) and levels, an object "
        "each: concurrency or "
        "rate, unsent (of an open loop), answered, failed, seconds, requests_per_second, rows_per_second, latency_us (p50, p90, "
        "p99, "
        "p99_9, max), errors (how many of each code), and where there is one first_error, and broken_off: why it ended early.\n\n"
        "The exit code is 1 if a request failed, 3 if the node was lost, 130 after Ctrl-C; the figures are printed all the same."
        "\n\nExamples:\n"
        "  troupe bench digits --concurrency 1:64 --duration 5s\n"
        "  troupe bench digits --rate 500,1000,2000 --rows 4\n"
        "  troupe bench digits --npy image.npy --rate 1000 --arrivals constant -o json\n"
        "  troupe bench digits --protocol http --concurrency 64");
  verb->callback([&context, options] { bench(context, *options); });
}

} // namespace troupe
