#include "runtime/base/host_program.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/human_text.hpp"
#include "runtime/cli/model_sampling.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/oip/golden_json.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>

namespace troupe {

namespace {

namespace fs = std::filesystem;

struct init_options {
  std::string model;
  std::string folder;
  std::vector<std::string> samples;
  std::string host_binary;
  std::string timeout = "1m";
  bool force = false;
};

/// What the folder will hold beside the model.
struct folder_texts {
  std::string model_toml;
  std::string golden; ///< empty: none
  bool complete = false;
};

fs::path folder_of(const init_options& options) {
  return options.folder.empty() ? fs::path(options.model).stem() : fs::path(options.folder);
}

/// Ends the command if there is no model, or something would be overwritten.
void require_room(const init_options& options, const fs::path& folder) {
  std::error_code failure;
  if (!fs::is_regular_file(options.model, failure))
    throw command_failure(exit_code::bad_usage, "no file '" + options.model
                                                    + "'; save the model there with torch.jit.script(model).save(\""
                                                    + options.model + "\")");
  for (auto name : {"model.pt", "model.toml", "golden.json"}) {
    auto path = folder / name;
    if (options.force || !fs::exists(path, failure) || fs::equivalent(path, options.model, failure))
      continue;
    throw command_failure(exit_code::bad_usage,
                          "'" + path.string() + "' is there already; name another folder, or overwrite it with --force");
  }
}

folder_texts describe(const init_options& options, std::chrono::nanoseconds timeout) {
  inspection_order order{options.host_binary.empty() ? host_program() : options.host_binary, options.model, timeout};
  auto found = require(inspect_model(order), exit_code::failed);
  starter_model model;
  model.inputs = require(inputs_of(found), exit_code::failed);
  if (options.samples.empty()) {
    auto outputs = found.output_count.value_or(1);
    for (std::size_t i = 0; i < outputs; ++i)
      model.outputs.push_back({outputs == 1 ? "output" : "output_" + std::to_string(i), {}, {}});
    return {starter_toml(model), "", false};
  }
  auto samples = require(read_samples(options.samples, model.inputs), exit_code::bad_usage);
  auto run = [&](const std::vector<named_tensor>& inputs) -> result<std::vector<named_tensor>> {
    order.inputs = &inputs;
    auto ran = inspect_model(order);
    return ran ? result<std::vector<named_tensor>>(std::move(ran->outputs)) : ran.failure();
  };
  auto sampled = require(sample_model(samples, run), exit_code::failed);
  return {starter_toml(sampled.model), write_golden(sampled.golden, spec_of(sampled.model)), true};
}

void write_text(const fs::path& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file)
    throw command_failure(exit_code::failed, "can't write '" + path.string() + "': " + std::strerror(errno));
}

void copy_model(const std::string& from, const fs::path& to) {
  std::error_code failure;
  if (fs::equivalent(from, to, failure))
    return;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, failure);
  if (failure)
    throw command_failure(exit_code::failed, "can't write '" + to.string() + "': " + failure.message());
}

std::vector<std::string> write_folder(const init_options& options, const fs::path& folder, const folder_texts& texts) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw command_failure(exit_code::failed, "can't make the folder '" + folder.string() + "': " + failure.message());
  copy_model(options.model, folder / "model.pt");
  write_text(folder / "model.toml", texts.model_toml);
  std::vector<std::string> written = {(folder / "model.pt").string(), (folder / "model.toml").string()};
  if (!texts.golden.empty()) {
    write_text(folder / "golden.json", texts.golden);
    written.push_back((folder / "golden.json").string());
  }
  return written;
}

void print_written(const command_context& context, const fs::path& folder, const std::vector<std::string>& written,
                   bool complete) {
  if (context.format == output_format::json)
    return print_json(context, {{"folder", folder.string()}, {"files", written}, {"complete", complete}});
  for (const auto& file : written)
    context.io.out << "wrote " << file << "\n";
  auto name = folder.filename().string();
  auto deploy = "troupe deploy " + (valid_deployment_name(name) ? name : "NAME") + " " + folder.string();
  if (complete)
    context.io.out << "next: " << deploy << "\n";
  else
    context.io.out << "next: fill in what stands as \"?\" in " << (folder / "model.toml").string()
                   << " (or run this again with --force and --sample for each input), then " << deploy << "\n";
}

void init(const command_context& context, const init_options& options) {
  auto timeout = require(parse_duration(options.timeout), exit_code::bad_usage);
  auto folder = folder_of(options);
  require_room(options, folder);
  auto texts = describe(options, timeout);
  print_written(context, folder, write_folder(options, folder, texts), texts.complete);
}

} // namespace

void add_init(CLI::App& app, const command_context& context) {
  auto options = std::make_shared<init_options>();
  auto verb = app.add_subcommand("init", "Makes a model folder from a TorchScript file");
  verb->add_option("MODEL", options->model, "The TorchScript file")->required();
  verb->add_option("FOLDER", options->folder, "The folder to make (default: ./ and the file's name without its ending)");
  verb->add_option("--sample", options->samples,
                   "An input to try the model with, once for each, in the order of forward(): its datatypes and shapes go to "
                   "model.toml, and "
                   "what the model gives to golden.json")
      ->type_name("[NAME=]FILE.npy")
      ->expected(1)
      ->take_all();
  verb->add_option("--host-binary", options->host_binary, "Tries the model in this (default: the troupe-host beside troupe)")
      ->type_name("FILE");
  verb->add_option("--timeout", options->timeout, "The longest that one try may take")
      ->type_name("DURATION")
      ->capture_default_str();
  verb->add_flag("--force", options->force, "Overwrites what is in the folder");
  verb->footer("No node is needed. The model is loaded and run in a sandboxed process of its own.\n\n"
               "Example:\n  troupe init net.pt digits --sample image.npy");
  verb->callback([&context, options] { init(context, *options); });
}

} // namespace troupe
