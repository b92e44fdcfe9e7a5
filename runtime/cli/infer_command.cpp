#include "runtime/cli/door_options.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/infer_inputs.hpp"
#include "runtime/cli/infer_view.hpp"
#include "runtime/cli/load_view.hpp"
#include "runtime/cli/npy.hpp"
#include "runtime/cli/progress.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

struct infer_options {
  std::string name;
  infer_source source;
  std::string deadline;
  std::string save_folder;
  std::uint64_t repeat = 1;
  std::uint32_t concurrency = 1;
  door_options door;
};

void save(const std::string& folder, const std::vector<named_tensor>& outputs) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw command_failure(exit_code::bad_usage, "can't make the folder " + folder + ": " + failure.message());
  for (const auto& output : outputs)
    if (auto outcome = write_npy_file(folder + "/" + output_file_name(output.name), output); !outcome)
      throw command_failure(exit_code::bad_usage, outcome.failure().message);
}

void ask_once(const command_context& context, inference_door& door, const infer_options& options) {
  auto answer = door.ask();
  if (!options.save_folder.empty())
    save(options.save_folder, answer.outputs);
  if (context.format == output_format::json)
    print_json(context, require(answer_json(answer), exit_code::failed));
  else
    context.io.out << answer_text(answer, context.io.colors());
}

/// Runs the load behind a progress bar, which is gone when it returns.
load_report measure(const command_context& context, inference_door& door, const infer_options& options) {
  progress bar(context.io, "infer", options.repeat);
  load_options load;
  load.count = options.repeat;
  load.concurrency = options.concurrency;
  load.silence_max = door.patience();
  load.on_progress = [&](const load_report& so_far) { bar.show(so_far.answered + so_far.failed, load_amount(so_far)); };
  door.loop().on_interrupt("stopped by Ctrl-C before all " + std::to_string(options.repeat) + " requests were answered");
  return run_load(door.loop(), door.channels(), load);
}

void ask_often(const command_context& context, inference_door& door, const infer_options& options, std::uint64_t rows) {
  auto report = measure(context, door, options);
  if (context.format == output_format::json)
    print_json(context, load_json(report, rows));
  else
    context.io.out << load_text(report, rows);
  unbroken(report);
  if (report.failed > 0)
    throw command_failure(exit_code::failed, std::to_string(report.failed) + " of " + std::to_string(options.repeat)
                                                 + " requests failed; the first: " + report.first_error);
}

void infer(const command_context& context, const infer_options& options) {
  if (source_count(options.source) != 1)
    throw command_failure(
        exit_code::bad_usage,
        "give the inputs in one way: a JSON file or - for stdin, --input NAME=FILE.npy for each input, or --npy FILE");
  std::chrono::nanoseconds deadline{0};
  if (!options.deadline.empty())
    deadline = require(parse_duration(options.deadline), exit_code::bad_usage);
  auto door = open_door(context, options.door);
  auto request = read_inputs(*door, context.io, options.name, options.source);
  door->prepare({options.name, request.inputs, request.id, request.outputs,
                 std::chrono::duration_cast<std::chrono::microseconds>(deadline)});
  if (options.repeat == 1)
    ask_once(context, *door, options);
  else
    ask_often(context, *door, options, rows_of(door->signature(options.name), request.inputs));
}

} // namespace

void add_infer(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<infer_options>();
  auto verb = app.add_subcommand("infer", "Asks a deployed model; or the same again and again, with --repeat");
  verb->add_option("NAME", options->name, "The deployment")->required();
  add_source(*verb, options->source);
  verb->add_option("--deadline", options->deadline,
                   "Give up on a request that has not begun to run after this long, e.g. 500ms (default: the node's)")
      ->type_name("DURATION");
  auto save_dir =
      verb->add_option("--save-dir", options->save_folder, "Also writes each output there, as NAME.npy")->type_name("FOLDER");
  auto repeat = verb->add_option("--repeat", options->repeat,
                                 "Sends the request N times and prints rates and latencies; more: troupe bench")
                    ->type_name("N")
                    ->check(CLI::Range(std::uint64_t{1}, load_requests_max))
                    ->excludes(save_dir);
  verb->add_option("--concurrency", options->concurrency, "Requests in flight at once")
      ->type_name("C")
      ->check(CLI::Range(1U, load_in_flight_max))
      ->needs(repeat);
  add_door(*verb, options->door);
  verb->footer("Examples:\n"
               "  echo '{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 2], \"data\": [0.5, 1]}]}' | "
               "troupe infer NAME -\n"
               "  troupe infer digits --npy image.npy\n"
               "  troupe infer digits --input image=image.npy --repeat 10000 --concurrency 64\n"
               "  troupe infer digits --npy image.npy --protocol http");
  verb->callback([&context, options] { infer(context, *options); });
}

} // namespace troupe
