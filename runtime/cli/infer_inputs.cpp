#include "runtime/cli/infer_inputs.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/npy.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <istream>

namespace troupe {

namespace {

/// Most JSON that we read, in text; a parsed number takes up to four times its text.
constexpr std::uint64_t json_bytes_max = 256ULL << 20;

std::string read_stdin(const console& io) {
  std::string text;
  std::vector<char> block(64 << 10);
  while (io.in.read(block.data(), static_cast<std::streamsize>(block.size())) || io.in.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(io.in.gcount()));
    if (text.size() > json_bytes_max)
      throw command_failure(exit_code::bad_usage,
                            "stdin: more than " + human_size(json_bytes_max) + " of JSON; pass .npy files by --input");
  }
  return text;
}

oip_request read_json(const console& io, const std::string& path) {
  bool from_stdin = path == "-";
  auto text = from_stdin ? read_stdin(io) : require(read_text_file(path, json_bytes_max), exit_code::bad_usage);
  auto request = parse_oip_request(text);
  if (!request)
    throw command_failure(exit_code::bad_usage, (from_stdin ? "stdin" : path) + ": " + request.failure().message);
  return std::move(request).value();
}

/// Refuses by size before a byte is read.
named_tensor read_array(const inference_door& node, const std::string& path) {
  std::error_code missing;
  auto bytes = std::filesystem::file_size(path, missing);
  if (!missing)
    require_request_size(node, bytes);
  return require(read_npy_file(path, node.request_bytes_max()), exit_code::bad_usage);
}

named_tensor read_named(const inference_door& node, const std::string& argument) {
  auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
    throw command_failure(exit_code::bad_usage, "--input " + printable(argument) + ": expected NAME=FILE.npy");
  auto tensor = read_array(node, argument.substr(equals + 1));
  tensor.name = argument.substr(0, equals);
  return tensor;
}

std::string only_input(inference_door& node, const std::string& deployment) {
  auto inputs = node.signature(deployment).inputs;
  if (inputs.size() == 1)
    return inputs.front().name;
  std::string names;
  for (const auto& input : inputs)
    names += " --input " + input.name + "=FILE.npy";
  throw command_failure(exit_code::bad_usage, "--npy is for models with one input; write" + printable(names));
}

} // namespace

oip_request read_inputs(inference_door& node, const console& io, const std::string& deployment, const infer_source& source) {
  if (!source.json.empty())
    return read_json(io, source.json);
  oip_request request;
  for (const auto& argument : source.named)
    request.inputs.push_back(read_named(node, argument));
  if (source.npy.empty())
    return request;
  request.inputs.push_back(read_array(node, source.npy));
  request.inputs.back().name = only_input(node, deployment);
  return request;
}

int source_count(const infer_source& source) {
  return static_cast<int>(!source.json.empty()) + static_cast<int>(!source.named.empty()) + static_cast<int>(!source.npy.empty());
}

void add_source(CLI::App& verb, infer_source& source) {
  verb.add_option("FILE", source.json, "Inputs as JSON in Open Inference Protocol form; - is stdin");
  verb.add_option("--input", source.named, "An input from an .npy file; once for each input")->type_name("NAME=FILE")->take_all();
  verb.add_option("--npy", source.npy, "An .npy file, for a model with one input")->type_name("FILE");
}

} // namespace troupe
