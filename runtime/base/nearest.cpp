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

std::string_view nearest_to(std::string_view written, const std::vector<std::string_view>& known) {
  std::string_view nearest;
  auto distance = std::max<std::size_t>(2, written.size() / 3) + 1;
  if (written.size() > compared_bytes_max)
    return nearest;
  for (auto key : known)
    if (auto d = edit_distance(written, key); d < distance) {
      distance = d;
      nearest = key;
    }
  return nearest;
}

std::string advice_on_key(std::string_view unknown, const std::vector<std::string_view>& known) {
  if (auto nearest = nearest_to(unknown, known); !nearest.empty())
    return "did you mean '" + std::string(nearest) + "'?";
  std::string all;
  for (auto key : known)
    all += (all.empty() ? "" : ", ") + std::string(key);
  return "known are " + all;
}

} // namespace troupe
