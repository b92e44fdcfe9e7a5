#pragma once

#include "runtime/base/error.hpp"

#include <string>

namespace troupe {

/// The rollout.toml that a person means by a strategy's name or, with a '.' or a '/' in it, by the path of a file, which is read and checked. "" for
/// rolling: all requests at once. The error tells what may stand there, or what is wrong in the file, a problem a line.
result<std::string> rollout_text_from(const std::string& name_or_path);

} // namespace troupe
