#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What one section of an apply file asks for.
struct wanted_deployment {
  std::string name;
  std::string folder;         ///< a relative one is taken from the file's own folder
  std::uint32_t replicas = 0; ///< 0: as they are, or as model.toml says
  std::string on;             ///< labels that a node must have; "": as model.toml says
  std::string strategy; ///< its name, or a rollout.toml, taken from the file's own folder, too; "": as the model's folder says
};

/// What a node should serve:
///
///     [[deployment]]
///     name = "digits"
///     folder = "digits/cnn"
///     replicas = 2
///     on = "zone=a"
///     strategy = "canary"       # or "./rollout.toml"
///
/// invalid_argument lists every problem, one a line, with file, line, field, expected and found; a file without any deployment is one,
/// too. not_found or io_failed if it can't be read.
result<std::vector<wanted_deployment>> read_apply_file(const std::string& path);

} // namespace troupe
