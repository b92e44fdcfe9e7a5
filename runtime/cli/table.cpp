#include "runtime/cli/table.hpp"

#include "runtime/base/printable.hpp"

#include <algorithm>
#include <cassert>

namespace troupe {

namespace {

constexpr std::size_t gap = 2;

std::string_view escape_of(color tint) {
  switch (tint) {
  case color::none: return "";
  case color::green: return "\x1b[32m";
  case color::yellow: return "\x1b[33m";
  case color::red: return "\x1b[31m";
  }
  return "";
}

std::string tinted(const cell& c, bool colors) {
  if (!colors || c.tint == color::none)
    return c.text;
  return std::string(escape_of(c.tint)) + c.text + "\x1b[0m";
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string line_of(const std::vector<cell>& row, const std::vector<column>& columns, const std::vector<std::size_t>& widths,
                    bool colors) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string padding(widths[i] - display_width(row[i].text), ' ');
    auto text = tinted(row[i], colors);
    line += (i == 0 ? "" : std::string(gap, ' ')) + (columns[i].right ? padding + text : text + padding);
  }
  return trimmed(std::move(line)) + "\n";
}

} // namespace

void table::add(std::vector<cell> row) {
  assert(row.size() == columns_.size());
  for (auto& c : row)
    c.text = printable(c.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> table::widths() const {
  std::vector<std::size_t> widths;
  for (const auto& c : columns_)
    widths.push_back(display_width(c.title));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i].text));
  return widths;
}

std::string table::render(bool colors) const {
  std::vector<cell> titles;
  for (const auto& c : columns_)
    titles.emplace_back(c.title);
  return line_of(titles, columns_, widths(), false) + render_rows(colors);
}

std::string table::render_rows(bool colors) const {
  std::string text;
  auto w = widths();
  for (const auto& row : rows_)
    text += line_of(row, columns_, w, colors);
  return text;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

cell state_cell(std::string_view state) {
  if (is_one_of(state, {"live", "ready", "running", "info", "ok", "alive", "good"}))
    return {std::string(state), color::green};
  if (is_one_of(state, {"validating", "preparing", "starting", "verifying", "rolling_out", "loading", "draining", "rolled_back",
                        "warn", "backing_off", "suspect"}))
    return {std::string(state), color::yellow};
  if (is_one_of(state, {"failed", "error", "stopped", "bad", "dead"}))
    return {std::string(state), color::red};
  return {std::string(state)};
}

} // namespace troupe
