#include "runtime/cli/completion_script.hpp"

namespace troupe {

namespace {

constexpr const char* head = R"ZSH(#compdef troupe
# zsh completion for troupe: save it as _troupe in a folder of $fpath

_troupe_deployments() {
  local -a names
  names=(${(f)"$(_call_program deployments troupe ${_troupe_node} __complete deployments 2>/dev/null)"})
  compadd -a names
}

)ZSH";

/// Within single quotes, in _arguments' own language.
std::string quoted(const std::string& text) {
  std::string safe;
  for (char c : text)
    if (c == '\'')
      safe += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\')
      safe += std::string("\\") + c;
    else
      safe += c;
  return safe;
}

std::string action_of(const option_outline& option) {
  switch (option.kind()) {
  case value_kind::text: return " ";
  case value_kind::deployment: return "_troupe_deployments";
  case value_kind::file: return "_files";
  case value_kind::folder: return "_files -/";
  case value_kind::choice: break;
  }
  std::string words;
  for (const auto& word : option.choices())
    words += (words.empty() ? "" : " ") + word;
  return "(" + words + ")";
}

std::string option_specs(const verb_outline& verb) {
  std::string text;
  int place = 0;
  for (const auto& option : verb.options) {
    auto value = option.value.empty() ? "" : ":" + quoted(option.value) + ":" + action_of(option);
    for (const auto& flag : option.flags)
      text += " \\\n        '" + flag + "[" + quoted(option.help) + "]" + value + "'";
    if (option.positional())
      text += " \\\n        '" + std::to_string(++place) + ":" + quoted(option.value) + ":" + action_of(option) + "'";
  }
  return text;
}

std::string verb_list(const program_outline& program) {
  std::string text = "  local -a verbs=(\n";
  for (const auto& verb : program.verbs)
    text += "    '" + quoted(verb.name) + ":" + quoted(verb.help) + "'\n";
  return text + "  )\n";
}

std::string verb_cases(const program_outline& program) {
  std::string text;
  for (const auto& verb : program.verbs)
    text += "      " + verb.name + ")\n        _arguments" + option_specs(program.all) + option_specs(verb) + " ;;\n";
  return text;
}

} // namespace

std::string zsh_completion(const program_outline& program) {
  return head
         + std::string("_troupe() {\n  local context state state_descr line\n  typeset -A opt_args\n  local -a _troupe_node\n")
         + verb_list(program) + "  _arguments -C" + option_specs(program.all)
         + " \\\n        '1:command:->verb' '*::argument:->argument'\n"
           "  (( ${+opt_args[--node]} )) && _troupe_node=(--node ${opt_args[--node]})\n"
           "  case $state in\n    verb) _describe command verbs ;;\n    argument)\n      case $words[1] in\n"
         + verb_cases(program) + "      esac ;;\n  esac\n}\n\n_troupe \"$@\"\n";
}

} // namespace troupe
