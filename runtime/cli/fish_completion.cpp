#include "runtime/cli/completion_script.hpp"

namespace troupe {

namespace {

constexpr const char* head = R"FISH(# fish completion for troupe: save it as ~/.config/fish/completions/troupe.fish

complete -c troupe -f
)FISH";

std::string quoted(const std::string& text) {
  std::string safe = "'";
  for (char c : text)
    safe += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return safe + "'";
}

std::string words_of(const option_outline& option) {
  std::string words;
  for (const auto& word : option.choices())
    words += (words.empty() ? "" : " ") + word;
  return words;
}

/// What may stand for the value.
std::string arguments_of(const option_outline& option) {
  switch (option.kind()) {
  case value_kind::text: return "";
  case value_kind::deployment: return " -a '(troupe __complete deployments 2>/dev/null)'";
  case value_kind::file: return " -F";
  case value_kind::folder: return " -a '(__fish_complete_directories)'";
  case value_kind::choice: return " -a " + quoted(words_of(option));
  }
  return "";
}

std::string flags_of(const option_outline& option) {
  std::string text;
  for (const auto& flag : option.flags)
    text += flag[1] == '-' ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
  return text + (option.value.empty() ? "" : " -r");
}

std::string lines_of(const verb_outline& verb, const std::string& condition) {
  std::string text;
  for (const auto& option : verb.options)
    if (!option.positional() || option.kind() != value_kind::text)
      text += "complete -c troupe" + condition + flags_of(option) + arguments_of(option) + " -d " + quoted(option.help) + "\n";
  return text;
}

} // namespace

std::string fish_completion(const program_outline& program) {
  auto text = head + lines_of(program.all, "");
  for (const auto& verb : program.verbs)
    text += "\ncomplete -c troupe -n __fish_use_subcommand -a " + verb.name + " -d " + quoted(verb.help) + "\n"
            + lines_of(verb, " -n '__fish_seen_subcommand_from " + verb.name + "'");
  return text;
}

} // namespace troupe
