#pragma once

#include "runtime/cli/cli_outline.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

struct man_page {
  std::string file; ///< "troupe-deploy.1"
  std::string text; ///< roff, ASCII only
};

/// troupe.1, and a page for each verb.
std::vector<man_page> man_pages(const program_outline& program, const std::string& version);

/// troupe.toml.5, from an example file that explains each key in comments above it.
man_page config_man_page(std::string_view example, const std::string& version);

} // namespace troupe
