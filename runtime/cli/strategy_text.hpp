#pragma once

#include "runtime/base/error.hpp"

#include <chrono>
#include <string>

namespace troupe {

/// Whether it is a path rather than a strategy's name.
inline bool names_a_file(const std::string& name_or_path) {
  return name_or_path.find_first_of("./") != std::string::npos;
}

/// The rollout.toml that a person means by a strategy's name or, with a '.' or a '/' in it, by the path of a file, which is read and checked. "" for
/// rolling: all requests at once. The error tells what may stand there, or what is wrong in the file, a problem a line.
result<std::string> rollout_text_from(const std::string& name_or_path);

/// How long a version may take until it is live or has failed: some minutes, and as long as each of its stages may last. A rollout.toml that can't be read
/// has no stages; the node says what is wrong with it.
std::chrono::nanoseconds patience_for(const std::string& rollout_toml);

} // namespace troupe
