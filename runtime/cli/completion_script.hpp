#pragma once

#include "runtime/cli/cli_outline.hpp"

#include <string>

namespace troupe {

/// A script that teaches a shell to complete the command line: verbs, options, files and folders, fixed words, and the names of
/// deployments, for which it asks the node by `troupe __complete deployments`.
std::string bash_completion(const program_outline& program);
std::string zsh_completion(const program_outline& program);
std::string fish_completion(const program_outline& program);

} // namespace troupe
