#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/model_spec.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// A model as people keep it: a folder with `model.pt` and `model.toml`.
struct model_folder {
  model_spec spec;
  std::string toml;       ///< the text of model.toml
  std::string rollout;    ///< that of rollout.toml; "": there is none
  std::string model_path; ///< of model.pt
  std::uint64_t model_bytes = 0;
};

/// Reads and checks the folder; of model.pt only that it is a file with something in it. not_found if a part is missing, io_failed if
/// it can't be read, invalid_argument for what is in it.
result<model_folder> read_model_folder(const std::string& path);

} // namespace troupe
