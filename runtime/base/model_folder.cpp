#include "runtime/base/model_folder.hpp"

#include "runtime/base/model_toml.hpp"
#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/base/toml_reader.hpp"

#include <filesystem>

namespace troupe {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view smallest_model_toml = R"(max_batch = 32
[[inputs]]
name = "image"
datatype = "FP32"
shape = [-1, 64]
[[outputs]]
name = "scores"
datatype = "FP32"
shape = [-1, 10])";

result<void> check_folder(const fs::path& folder) {
  std::error_code failure;
  auto status = fs::status(folder, failure);
  if (status.type() == fs::file_type::not_found)
    return error{error_code::not_found, "no folder '" + folder.string() + "'; name a folder with model.pt and model.toml"};
  if (failure)
    return error{error_code::io_failed, "can't look at '" + folder.string() + "': " + failure.message()};
  if (status.type() != fs::file_type::directory)
    return error{error_code::invalid_argument,
                 "'" + folder.string() + "' is no folder; name the folder that holds model.pt and model.toml"};
  return {};
}

result<std::uint64_t> model_size(const fs::path& file) {
  std::error_code failure;
  auto status = fs::status(file, failure);
  if (status.type() == fs::file_type::not_found)
    return error{error_code::not_found,
                 "no '" + file.string() + "'; save the model there with torch.jit.script(model).save(\"model.pt\")"};
  if (status.type() != fs::file_type::regular)
    return error{error_code::invalid_argument, "'" + file.string() + "' is no regular file"};
  auto bytes = fs::file_size(file, failure);
  if (failure)
    return error{error_code::io_failed, "can't look at '" + file.string() + "': " + failure.message()};
  if (bytes == 0)
    return error{error_code::invalid_argument, "'" + file.string() + "' is empty; save the model again"};
  return static_cast<std::uint64_t>(bytes);
}

result<std::string> read_model_toml(const std::string& file) {
  auto text = read_text_file(file, toml_bytes_max);
  if (text || text.failure().code != error_code::not_found)
    return text;
  return error{error_code::not_found, "no '" + file + "'; write one that says what the model takes and gives, such as\n"
                                          + std::string(smallest_model_toml)};
}

/// "": there is none.
result<std::string> read_rollout_toml(const std::string& file) {
  auto text = read_text_file(file, toml_bytes_max);
  if (!text)
    return text.failure().code == error_code::not_found ? result<std::string>("") : text;
  if (auto spec = parse_rollout_toml(*text, file); !spec)
    return spec.failure();
  return text;
}

} // namespace

result<model_folder> read_model_folder(const std::string& path) {
  fs::path folder(path);
  if (auto there = check_folder(folder); !there)
    return there.failure();
  auto bytes = model_size(folder / "model.pt");
  if (!bytes)
    return bytes.failure();
  auto toml_path = (folder / "model.toml").string();
  auto text = read_model_toml(toml_path);
  if (!text)
    return text.failure();
  auto spec = parse_model_toml(*text, toml_path);
  if (!spec)
    return spec.failure();
  auto rollout = read_rollout_toml((folder / "rollout.toml").string());
  if (!rollout)
    return rollout.failure();
  return model_folder{std::move(*spec), std::move(*text), std::move(*rollout), (folder / "model.pt").string(), *bytes};
}

} // namespace troupe
