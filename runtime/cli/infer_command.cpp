#include "runtime/cli/human_text.hpp"
#include "runtime/cli/infer_inputs.hpp"
#include "runtime/cli/infer_view.hpp"
#include "runtime/cli/load.hpp"
#include "runtime/cli/npy.hpp"
#include "runtime/cli/progress.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

/// How much longer than the request's deadline we wait, so that the node's own word comes first.
constexpr std::chrono::seconds answer_grace{10};
constexpr std::uint32_t concurrency_max = 4096;

struct infer_options {
  std::string name;
  infer_source source;
  std::string deadline;
  std::string save_folder;
  std::uint64_t repeat = 1;
  std::uint32_t concurrency = 1;
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

void ask_once(const command_context& context, client& node, const infer_options& options, const prepared_request& request,
              std::chrono::nanoseconds timeout) {
  auto answer = node.ask(request.call(node.inference()), timeout);
  auto response = answer.getResponse();
  require_ok(response.getError());
  inference_answer outputs{options.name, response.getVersion(), text_of(response.getId()), {}};
  for (auto output : response.getOutputs())
    outputs.outputs.push_back(tensor_of(output));
  if (!options.save_folder.empty())
    save(options.save_folder, outputs.outputs);
  if (context.format == output_format::json)
    print_json(context, answer_json(outputs));
  else
    context.io.out << answer_text(outputs, context.io.colors());
}

/// Runs the load behind a progress bar, which is gone when it returns.
load_report measure(const command_context& context, client& node, const infer_options& options, const prepared_request& request,
                    std::chrono::nanoseconds timeout) {
  progress bar(context.io, "infer", options.repeat);
  std::uint64_t done = 0;
  load_options load;
  load.requests = {&request};
  load.count = options.repeat;
  load.concurrency = options.concurrency;
  load.silence_max = timeout;
  load.on_answer = [&](std::uint64_t, schema::InferResponse::Reader) {
    ++done;
    if (bar.due())
      bar.show(done, std::to_string(done) + " of " + std::to_string(options.repeat));
  };
  return run_load(node, load);
}

void ask_often(const command_context& context, client& node, const infer_options& options, const prepared_request& request,
               std::chrono::nanoseconds timeout) {
  auto report = measure(context, node, options, request, timeout);
  if (context.format == output_format::json)
    print_json(context, load_json(report));
  else
    context.io.out << load_text(report);
  if (report.failed > 0)
    throw command_failure(exit_code::failed, std::to_string(report.failed) + " of " + std::to_string(options.repeat)
                                                 + " requests failed; the first: " + report.first_error);
}

void require_one_source(const infer_source& source) {
  auto sources =
      static_cast<int>(!source.json.empty()) + static_cast<int>(!source.named.empty()) + static_cast<int>(!source.npy.empty());
  if (sources != 1)
    throw command_failure(
        exit_code::bad_usage,
        "give the inputs in one way: a JSON file or - for stdin, --input NAME=FILE.npy for each input, or --npy FILE");
}

void infer(const command_context& context, const infer_options& options) {
  require_one_source(options.source);
  std::chrono::nanoseconds deadline{0};
  if (!options.deadline.empty())
    deadline = require(parse_duration(options.deadline), exit_code::bad_usage);
  client node(context.node);
  auto inputs = read_inputs(node, context.io, options.name, options.source);
  prepared_request request(options.name, inputs.inputs, std::chrono::duration_cast<std::chrono::microseconds>(deadline),
                           inputs.id, inputs.outputs);
  require_message_size(node, request.size());
  auto timeout = (deadline.count() > 0 ? deadline : node.limits().default_deadline) + answer_grace;
  if (options.repeat == 1)
    ask_once(context, node, options, request, timeout);
  else
    ask_often(context, node, options, request, timeout);
}

void add_source(CLI::App& verb, infer_source& source) {
  verb.add_option("FILE", source.json, "Inputs as JSON in Open Inference Protocol form; - is stdin");
  verb.add_option("--input", source.named, "An input from an .npy file; once for each input")->type_name("NAME=FILE")->take_all();
  verb.add_option("--npy", source.npy, "An .npy file, for a model with one input")->type_name("FILE");
}

} // namespace

void add_infer(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<infer_options>();
  auto verb = app.add_subcommand("infer", "Asks a deployed model; or measures it, with --repeat");
  verb->add_option("NAME", options->name, "The deployment")->required();
  add_source(*verb, options->source);
  verb->add_option("--deadline", options->deadline,
                   "Give up on a request that has not begun to run after this long, e.g. 500ms (default: the node's)")
      ->type_name("DURATION");
  auto save_dir =
      verb->add_option("--save-dir", options->save_folder, "Also writes each output there, as NAME.npy")->type_name("FOLDER");
  auto repeat = verb->add_option("--repeat", options->repeat, "Sends the request N times and prints rates and latencies")
                    ->type_name("N")
                    ->check(CLI::Range(std::uint64_t{1}, load_requests_max))
                    ->excludes(save_dir);
  verb->add_option("--concurrency", options->concurrency, "Requests in flight at once")
      ->type_name("C")
      ->check(CLI::Range(1U, concurrency_max))
      ->needs(repeat);
  verb->footer("Examples:\n"
               "  echo '{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 2], \"data\": [0.5, 1]}]}' | "
               "troupe infer NAME -\n"
               "  troupe infer digits --npy image.npy\n"
               "  troupe infer digits --input image=image.npy --repeat 10000 --concurrency 64");
  verb->callback([&context, options] { infer(context, *options); });
}

} // namespace troupe
