#pragma once

#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Of `all`, that which to_string gives this name to; nothing if there is none.
template <class Enum, std::size_t N>
std::optional<Enum> named(std::string_view name, const std::array<Enum, N>& all) {
  auto found = std::find_if(all.begin(), all.end(), [name](Enum value) { return to_string(value) == name; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

/// The names of all for a message: "a, b or c".
template <class Enum, std::size_t N>
std::string names_of(const std::array<Enum, N>& all) {
  std::string text;
  for (std::size_t i = 0; i < N; ++i)
    text += (i == 0 ? "" : i + 1 == N ? " or " : ", ") + std::string(to_string(all[i]));
  return text;
}

/// "; did you mean 'canary'?" of a name that none has; "": none is near.
template <class Enum, std::size_t N>
std::string advice_on(std::string_view name, const std::array<Enum, N>& all) {
  std::vector<std::string_view> names;
  for (auto each : all)
    names.push_back(to_string(each));
  auto nearest = nearest_to(name, names);
  return nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?";
}

} // namespace troupe
