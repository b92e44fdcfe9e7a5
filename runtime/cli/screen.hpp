#pragma once

#include "runtime/cli/console.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// The same text again and again: in place on a terminal, one below the other elsewhere.
class screen {
public:
  explicit screen(const console& io) : io_(io) {}
  void show(const std::string& text);

private:
  const console& io_;
  bool shown_ = false;
};

/// What draws `text` in place of an earlier one, without flicker: from the top left, wiping what is left of each line and below. At
/// most `lines`, since a terminal would scroll otherwise.
std::string redrawn(std::string_view text, std::size_t lines);

} // namespace troupe
