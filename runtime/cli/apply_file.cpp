#include "runtime/cli/apply_file.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/base/model_toml.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/base/toml_reader.hpp"
#include "runtime/cli/strategy_text.hpp"

#include <filesystem>
#include <set>

namespace troupe {

namespace {

void check_name(toml_section& section, const std::string& name, std::set<std::string>& taken) {
  if (!valid_deployment_name(name))
    section.refuse("name",
                   "expected up to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit, found \"" + name + "\"");
  else if (!taken.insert(name).second)
    section.refuse("name", "\"" + name + "\" stands in this file twice");
}

wanted_deployment read_deployment(toml_section& section, const std::filesystem::path& beside, std::set<std::string>& taken) {
  wanted_deployment wanted;
  if (section.required_text("name", wanted.name, "a deployment's name, e.g. \"digits\""))
    check_name(section, wanted.name, taken);
  if (section.required_text("folder", wanted.folder, "a model's folder, e.g. \"digits/cnn\""))
    wanted.folder = (beside / wanted.folder).lexically_normal().string();
  section.integer("replicas", wanted.replicas, 1, model_replicas_max);
  section.text("on", wanted.on);
  section.text("strategy", wanted.strategy);
  if (names_a_file(wanted.strategy))
    wanted.strategy = (beside / wanted.strategy).string();
  section.refuse_unknown_keys();
  return wanted;
}

} // namespace

result<std::vector<wanted_deployment>> read_apply_file(const std::string& path) {
  auto text = read_text_file(path, toml_bytes_max);
  if (!text)
    return text.failure();
  auto document = parse_toml(*text, path);
  if (!document)
    return document.failure();
  toml_problems problems(path);
  toml_section root(*document, problems);
  std::vector<wanted_deployment> all;
  std::set<std::string> taken;
  for (auto& section : root.sections("deployment"))
    all.push_back(read_deployment(section, std::filesystem::path(path).parent_path(), taken));
  root.refuse_unknown_keys();
  if (problems.empty() && all.empty())
    root.refuse("deployment", "expected at least one [[deployment]]");
  if (!problems.empty())
    return problems.to_error();
  return all;
}

} // namespace troupe
