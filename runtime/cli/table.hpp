#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

enum class color { none, green, yellow, red };

struct cell {
  cell(std::string text_, color tint_ = color::none) : text(std::move(text_)), tint(tint_) {}
  cell(const char* text_) : text(text_) {}

  std::string text;
  color tint = color::none;
};

struct column {
  std::string title;
  bool right = false; ///< numbers stand to the right
};

/// Aligned columns, two blanks apart, no trailing blanks. Control characters in cells are replaced (see `printable`). Width
/// counts code points, so box-drawing characters align.
class table {
public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// One cell a column.
  void add(std::vector<cell> row);
  /// Titles and rows, a line each; nothing but the titles if there are no rows.
  std::string render(bool colors) const;
  /// Only the rows, for what goes on below an earlier table.
  std::string render_rows(bool colors) const;

private:
  std::vector<std::size_t> widths() const;
  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

/// Code points in valid UTF-8.
std::size_t display_width(std::string_view text);

/// Green, yellow or red for a state's name as the node writes it ("live", "preparing", "failed"); none for one that it doesn't
/// know.
cell state_cell(std::string_view state);

} // namespace troupe
