#include "runtime/cli/infer_inputs.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/npy.hpp"
#include "runtime/cli/wire.hpp"

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
named_tensor read_array(const client& node, const std::string& path) {
  std::error_code missing;
  auto bytes = std::filesystem::file_size(path, missing);
  if (!missing)
    require_message_size(node, bytes);
  return require(read_npy_file(path, node.limits().message_bytes_max), exit_code::bad_usage);
}

named_tensor read_named(const client& node, const std::string& argument) {
  auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
    throw command_failure(exit_code::bad_usage, "--input " + printable(argument) + ": expected NAME=FILE.npy");
  auto tensor = read_array(node, argument.substr(equals + 1));
  tensor.name = argument.substr(0, equals);
  return tensor;
}

std::string only_input(client& node, const std::string& deployment) {
  auto call = node.inference().metadataRequest();
  call.setDeployment(deployment);
  auto answer = node.ask(kj::mv(call));
  require_ok(answer.getError());
  auto inputs = answer.getMetadata().getInputs();
  if (inputs.size() == 1)
    return text_of(inputs[0].getName());
  std::string names;
  for (auto input : inputs)
    names += " --input " + text_of(input.getName()) + "=FILE.npy";
  throw command_failure(exit_code::bad_usage, "--npy is for models with one input; write" + printable(names));
}

} // namespace

oip_request read_inputs(client& node, const console& io, const std::string& deployment, const infer_source& source) {
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

void require_message_size(const client& node, std::uint64_t bytes) {
  auto most = node.limits().message_bytes_max;
  if (bytes > most)
    throw command_failure(exit_code::failed,
                          "the request is " + human_size(bytes) + "; this node takes at most " + human_size(most) + " a message");
}

} // namespace troupe
