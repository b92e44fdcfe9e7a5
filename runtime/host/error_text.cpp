#include "runtime/host/error_text.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view unnamed = "the model failed without a message";

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// c10::Error appends where it was thrown and the C++ stack.
std::string_view without_native_stack(std::string_view what) {
  for (std::string_view mark : {"\nException raised from ", " (most recent call first):\nframe #"})
    what = what.substr(0, what.find(mark));
  return trim(what);
}

/// "RuntimeError: …", "torch.jit.Error: …", "builtins.ValueError: …": an identifier that ends in Error or Exception, then a
/// colon.
bool names_an_error(std::string_view line) {
  auto colon = line.find(": ");
  if (colon == std::string_view::npos)
    return false;
  auto name = line.substr(0, colon);
  auto ends_in = [&](std::string_view end) { return name.size() >= end.size() && name.substr(name.size() - end.size()) == end; };
  return name.find(' ') == std::string_view::npos && (ends_in("Error") || ends_in("Exception"));
}

/// TorchScript puts its frames first and the error last.
std::string_view from_last_error_line(std::string_view text) {
  auto end = text.size();
  while (end > 0) {
    auto newline = text.rfind('\n', end - 1);
    auto begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (names_an_error(text.substr(begin, end - begin)))
      return text.substr(begin);
    end = newline == std::string_view::npos ? 0 : newline;
  }
  return text;
}

std::string shorten(std::string_view text, std::size_t bytes_max) {
  return std::string((text.empty() ? unnamed : text).substr(0, bytes_max));
}

} // namespace

std::string error_text(std::string_view what, std::size_t bytes_max) {
  return shorten(from_last_error_line(without_native_stack(what)), bytes_max);
}

std::string load_error_text(std::string_view what, std::size_t bytes_max) {
  return shorten(without_native_stack(what), bytes_max);
}

bool is_out_of_memory(std::string_view what) {
  constexpr std::string_view marks[] = {"not enough memory", "can't allocate memory", "Cannot allocate memory", "std::bad_alloc"};
  return std::any_of(std::begin(marks), std::end(marks), [&](std::string_view mark) { return what.find(mark) != what.npos; });
}

} // namespace troupe
