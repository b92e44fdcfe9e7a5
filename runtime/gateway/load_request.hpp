#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe {

/// What a client of the model repository wants loaded.
struct load_request {
  std::string model_toml;                      ///< of the configuration it sent; "": it sent none
  std::uint32_t replicas = 0;                  ///< that the configuration asks for; 0: it doesn't say
  std::shared_ptr<const std::string> artifact; ///< of the file it sent; null: it sent none
  std::string sha256;                          ///< the artifact's
};

/// Reads {"parameters": {"config": "…", "file:1/model.pt": "…"}}; an empty body asks for nothing. The configuration is the JSON of Triton's
/// ModelConfig, as model_toml_from_config reads it; the file is in base64, and goes only with a configuration. invalid_argument names the
/// field, what was expected and what was found. Hashes and decodes the file: not for a loop's thread.
result<load_request> read_load_request(std::string_view body);

} // namespace troupe
