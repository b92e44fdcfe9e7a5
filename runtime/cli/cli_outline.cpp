#include "runtime/cli/cli_outline.hpp"

#include <CLI/CLI.hpp>

#include <map>

namespace troupe {

namespace {

/// Values that are one of a few words, by what the help calls them.
const std::map<std::string, std::vector<std::string>>& words_of_values() {
  static const std::map<std::string, std::vector<std::string>> words = {
      {"FORMAT", {"table", "json"}},
      {"LEVEL", {"debug", "info", "warn", "error", "off", "default"}},
      {"ARRIVALS", {"poisson", "constant"}},
      {"PROTOCOL", {"capnp", "http"}},
      {"SHELL", {"bash", "zsh", "fish"}},
      {"ACTION", {"create", "list", "revoke"}},
      {"ROLE", {"node", "admin", "client"}},
      {"WHAT", {"list", "revoke"}},
      {"STEERING", {"pause", "resume", "promote", "abort", "skip"}}};
  return words;
}

option_outline outline_of(const CLI::Option& option) {
  option_outline outline;
  for (const auto& name : option.get_snames())
    outline.flags.push_back("-" + name);
  for (const auto& name : option.get_lnames())
    outline.flags.push_back("--" + name);
  bool takes_value = option.get_positional() || option.get_items_expected_max() > 0;
  outline.value = option.get_positional() ? option.get_name(true) : takes_value ? option.get_type_name() : "";
  outline.help = option.get_description();
  outline.default_value = option.get_default_str();
  outline.variable = option.get_envname();
  outline.required = option.get_required();
  return outline;
}

verb_outline verb_of(const CLI::App& app) {
  verb_outline outline{app.get_name(), app.get_description(), app.get_footer(), {}};
  for (const auto* option : app.get_options())
    outline.options.push_back(outline_of(*option));
  return outline;
}

} // namespace

value_kind option_outline::kind() const {
  if (positional() && value == "NAME")
    return value_kind::deployment;
  if (value == "FOLDER")
    return value_kind::folder;
  if (value.find("FILE") != std::string::npos)
    return value_kind::file;
  return words_of_values().count(value) > 0 ? value_kind::choice : value_kind::text;
}

std::vector<std::string> option_outline::choices() const {
  auto words = words_of_values().find(value);
  return words == words_of_values().end() ? std::vector<std::string>() : words->second;
}

program_outline outline_of(const CLI::App& app) {
  program_outline outline{verb_of(app), {}};
  for (const auto* verb : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    outline.verbs.push_back(verb_of(*verb));
  return outline;
}

} // namespace troupe
