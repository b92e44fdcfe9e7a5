#include "runtime/cli/completion_script.hpp"

namespace troupe {

namespace {

/// Everything that does not depend on the verbs. The functions below it say what each verb takes.
constexpr const char* frame =
    R"BASH(# bash completion for troupe: source it, or save it as /usr/share/bash-completion/completions/troupe

_troupe_reply() { # KIND [WORD…]: completes the current word
  local kind=$1 word=${COMP_WORDS[COMP_CWORD]}
  shift
  case $kind in
    deployment) mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "${_troupe_node[@]}" __complete deployments 2>/dev/null)" -- "$word") ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    choice) mapfile -t COMPREPLY < <(compgen -W "$*" -- "$word") ;;
  esac
}

_troupe() {
  local verb='' positionals=0 i word
  local -a _troupe_node=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $word == --node ]]; then
      _troupe_node=(--node "${COMP_WORDS[i + 1]}")
    fi
    if _troupe_takes_value "$verb" "$word"; then
      ((++i))
    elif [[ $word == -* ]]; then
      :
    elif [[ -z $verb ]]; then
      verb=$word
    else
      ((++positionals))
    fi
  done
  if ((i > COMP_CWORD)); then
    _troupe_value "$verb" "${COMP_WORDS[COMP_CWORD - 1]}"
  elif [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
    _troupe_reply choice $(_troupe_options "$verb")
  elif [[ -z $verb ]]; then
    _troupe_reply choice $_troupe_verbs
  else
    _troupe_positional "$verb" "$positionals"
  fi
}

)BASH";

std::string reply_of(const option_outline& option) {
  switch (option.kind()) {
  case value_kind::text: return ":";
  case value_kind::deployment: return "_troupe_reply deployment";
  case value_kind::file: return "_troupe_reply file";
  case value_kind::folder: return "_troupe_reply folder";
  case value_kind::choice: break;
  }
  std::string words;
  for (const auto& word : option.choices())
    words += " " + word;
  return "_troupe_reply choice" + words;
}

/// Options of the program itself may stand behind a verb, so each case is tried for both: "deploy:--replicas".
std::string keys_of(const verb_outline& verb, const option_outline& option, bool global) {
  std::string keys;
  for (const auto& flag : option.flags)
    keys += (keys.empty() ? "" : " | ") + (global ? "*" : verb.name) + ":" + flag;
  return keys;
}

template <class Visitor>
void each_option(const program_outline& program, Visitor visit) {
  for (const auto& option : program.all.options)
    visit(program.all, option, true);
  for (const auto& verb : program.verbs)
    for (const auto& option : verb.options)
      visit(verb, option, false);
}

std::string takes_value_function(const program_outline& program) {
  std::string text = "_troupe_takes_value() { # VERB OPTION\n  case $1:$2 in\n";
  each_option(program, [&](const verb_outline& verb, const option_outline& option, bool global) {
    if (!option.positional() && !option.value.empty())
      text += "    " + keys_of(verb, option, global) + ") return 0 ;;\n";
  });
  return text + "  esac\n  return 1\n}\n\n";
}

std::string value_function(const program_outline& program) {
  std::string text = "_troupe_value() { # VERB OPTION\n  case $1:$2 in\n";
  each_option(program, [&](const verb_outline& verb, const option_outline& option, bool global) {
    if (!option.positional() && !option.value.empty())
      text += "    " + keys_of(verb, option, global) + ") " + reply_of(option) + " ;;\n";
  });
  return text + "  esac\n}\n\n";
}

std::string positional_function(const program_outline& program) {
  std::string text = "_troupe_positional() { # VERB PLACE\n  case $1:$2 in\n";
  for (const auto& verb : program.verbs) {
    int place = 0;
    for (const auto& option : verb.options)
      if (option.positional())
        text += "    " + verb.name + ":" + std::to_string(place++) + ") " + reply_of(option) + " ;;\n";
  }
  return text + "  esac\n}\n\n";
}

std::string all_flags(const verb_outline& verb) {
  std::string text;
  for (const auto& option : verb.options)
    for (const auto& flag : option.flags)
      text += " " + flag;
  return text;
}

std::string options_function(const program_outline& program) {
  std::string text = "_troupe_options() { # VERB\n  case $1 in\n";
  for (const auto& verb : program.verbs)
    text += "    " + verb.name + ") echo" + all_flags(verb) + " ;;\n";
  return text + "  esac\n  echo" + all_flags(program.all) + "\n}\n\n";
}

} // namespace

std::string bash_completion(const program_outline& program) {
  std::string verbs;
  for (const auto& verb : program.verbs)
    verbs += (verbs.empty() ? "" : " ") + verb.name;
  return frame + ("_troupe_verbs='" + verbs + "'\n\n") + takes_value_function(program) + value_function(program)
         + positional_function(program) + options_function(program) + "complete -F _troupe troupe\n";
}

} // namespace troupe
