#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace troupe {

/// What a value is, as far as a shell can complete it.
enum class value_kind { text, deployment, file, folder, choice };

struct option_outline {
  std::vector<std::string> flags; ///< "-o", "--output"; none: a positional
  std::string value;              ///< "FORMAT"; for a positional its name; empty: a flag without a value
  std::string help;
  std::string default_value;
  std::string variable; ///< environment variable that sets it
  bool required = false;

  bool positional() const { return flags.empty(); }
  value_kind kind() const;
  std::vector<std::string> choices() const; ///< for value_kind::choice
};

struct verb_outline {
  std::string name;
  std::string help;
  std::string footer;
  std::vector<option_outline> options; ///< in the order of the help; positionals among them
};

/// A command line as data: what completions and man pages are made from. `all` holds the options of the program itself.
struct program_outline {
  verb_outline all;
  std::vector<verb_outline> verbs; ///< without hidden ones
};

program_outline outline_of(const CLI::App& app);

} // namespace troupe
