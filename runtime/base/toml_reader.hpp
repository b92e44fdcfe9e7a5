#pragma once

#include "runtime/base/error.hpp"

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Most bytes of a TOML file that we read; checked before anything is parsed.
inline constexpr std::size_t toml_bytes_max = 256 << 10;

/// What `troupe init` writes where it can't know a value. As any value it is refused, with the words that it is still to be filled in.
inline constexpr std::string_view toml_left_open = "?";
std::string still_to_fill_in(const std::string& expected);

/// A text of the file as a message shows it: in quotes, cut if it is long, control characters replaced by "?".
std::string quoted_value(std::string_view text);

/// The document, or where and why it is not TOML: "model.toml:7: not valid TOML: …".
result<toml::table> parse_toml(std::string_view text, std::string_view file_name, std::size_t bytes_max = toml_bytes_max);

/// The line of a field, named as in messages ("check[0].output"), or of the section that it should be in; 1 if neither is there.
std::uint32_t line_of(std::string_view text, std::string_view field);

/// What is wrong with one file. All of it is told at once, so that a person corrects it in one go.
class toml_problems {
public:
  explicit toml_problems(std::string_view file_name) : file_name_(file_name) {}

  void add(std::uint32_t line, std::string_view field, std::string_view text);
  bool empty() const { return found_.empty(); }
  /// invalid_argument; one problem a line, in the file's order: `model.toml:7: inputs[0].datatype: expected …, found …`.
  error to_error() const;

private:
  struct problem {
    std::uint32_t line;
    std::string text;
  };
  std::string file_name_;
  std::vector<problem> found_;
};

/// One table of a document, read field by field into values that already hold their defaults. A field that is absent leaves the value as it
/// is; one that is wrong leaves it too and adds a problem. Bounds are inclusive. Ends with refuse_unknown_keys(), once every known key was asked for.
/// The table, the problems and the parent section must outlive it; keys must be literals.
class toml_section {
public:
  toml_section(const toml::table& root, toml_problems& problems);

  /// False, and a problem, if the key is absent or of another type; `expected` says what to write.
  bool required_text(std::string_view key, std::string& value, const std::string& expected);
  bool required_integers(std::string_view key, std::vector<std::int64_t>& value, const std::string& expected);

  void boolean(std::string_view key, bool& value);
  void text(std::string_view key, std::string& value);
  /// A number reads as its digits. False if it is absent or wrong.
  bool text_or_number(std::string_view key, std::string& value);
  void integer(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max);
  /// `8`, or a list `[8, 32]` of at most `count_max`.
  void integers(std::string_view key, std::vector<std::uint32_t>& value, std::uint32_t min, std::uint32_t max,
                std::size_t count_max);
  /// `"a"`, or a list `["a", "b"]` of 1 to `count_max`; `expected` says what one may be. False if it is absent or wrong.
  bool texts(std::string_view key, std::vector<std::string>& value, std::size_t count_max, const std::string& expected);
  /// Whole, or with a fraction; NaN is none. With `above_min`, `min` itself is out of bounds.
  void number(std::string_view key, double& value, double min, double max, bool above_min = false);
  /// Per cent, in steps of a tenth; `value` and its bounds are of a thousand: `2.5` reads as 25. False if it is absent or wrong.
  bool percent(std::string_view key, std::uint32_t& value, std::uint32_t min, std::uint32_t max);
  /// `"256MiB"`, or a number of bytes.
  void size(std::string_view key, std::uint64_t& value, std::uint64_t min, std::uint64_t max);
  /// `"250ms"`; the unit is not optional.
  template <class Duration>
  void duration(std::string_view key, Duration& value, Duration min, Duration max) {
    std::chrono::nanoseconds ns = value;
    duration_ns(key, ns, min, max);
    value = std::chrono::duration_cast<Duration>(ns);
  }

  /// `[key]`; an absent one reads as empty.
  toml_section section(std::string_view key);
  /// `[[key]]`, in order; none if absent.
  std::vector<toml_section> sections(std::string_view key);

  /// Whether the key is there, whatever its value.
  bool has(std::string_view key) { return find(key) != nullptr; }

  /// Whether the section itself is there, and is one.
  bool exists() const { return table_ != nullptr; }

  /// A problem of this field: the line is the field's, or the section's if it is absent.
  void refuse(std::string_view key, std::string_view text);
  void refuse_unknown_keys();

private:
  toml_section(const toml::table* table, std::string path, std::uint32_t line, const toml_section& parent);

  const toml::node* find(std::string_view key);
  const toml::node* find_required(std::string_view key, const std::string& expected);
  void refuse_value(std::string_view key, const std::string& expected, const toml::node& found);
  void duration_ns(std::string_view key, std::chrono::nanoseconds& value, std::chrono::nanoseconds min,
                   std::chrono::nanoseconds max);
  bool knows(std::string_view key) const;
  std::string advice_on(std::string_view unknown) const;

  const toml::table* table_; ///< null if absent
  std::string path_;         ///< "" or "inputs[0]."
  std::uint32_t line_;
  toml_problems* problems_;
  const toml_section* parent_ = nullptr;
  std::vector<std::string_view> known_; ///< keys asked for so far
};

} // namespace troupe
