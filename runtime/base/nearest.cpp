#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <numeric>

namespace troupe {

namespace {

constexpr std::size_t compared_bytes_max = 60; // no typing error of a key is longer

/// Levenshtein's distance, by rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

} // namespace

std::string advice_on_key(std::string_view unknown, const std::vector<std::string_view>& known) {
  std::string all;
  std::string_view nearest;
  auto distance = std::max<std::size_t>(2, unknown.size() / 3) + 1;
  for (auto key : known) {
    all += (all.empty() ? "" : ", ") + std::string(key);
    if (unknown.size() > compared_bytes_max)
      continue;
    if (auto d = edit_distance(unknown, key); d < distance) {
      distance = d;
      nearest = key;
    }
  }
  return nearest.empty() ? "known are " + all : "did you mean '" + std::string(nearest) + "'?";
}

} // namespace troupe
