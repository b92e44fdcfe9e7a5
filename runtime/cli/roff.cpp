#include "runtime/cli/roff.hpp"

#include <cstdint>
#include <cstdio>

namespace troupe {

namespace {

/// The code point at `at` of valid UTF-8, and how many bytes it has.
std::pair<std::uint32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  auto lead = static_cast<unsigned char>(text[at]);
  std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  std::uint32_t value = size == 1 ? lead : lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size && at + i < text.size(); ++i)
    value = value << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
  return {value, size};
}

std::string escaped(std::uint32_t point) {
  switch (point) {
  case '\\': return "\\e";
  case '-': return "\\-";
  case '\'': return "\\(aq";
  case '`': return "\\(ga";
  case '^': return "\\(ha";
  case '~': return "\\(ti";
  case '"': return "\\(dq";
  default: break;
  }
  char text[16];
  if (point < 0x80)
    return {static_cast<char>(point)};
  std::snprintf(text, sizeof text, "\\[u%04X]", point);
  return text;
}

} // namespace

std::string roff_text(std::string_view text) {
  std::string safe;
  bool line_begins = true;
  for (std::size_t at = 0; at < text.size();) {
    auto [point, size] = code_point(text, at);
    if (line_begins && point == '.')
      safe += "\\&";
    safe += escaped(point);
    line_begins = point == '\n';
    at += size;
  }
  return safe;
}

std::string roff_title(const std::string& name, int section, const std::string& version) {
  return ".TH \"" + roff_text(name) + "\" " + std::to_string(section) + " \"\" \"Troupe " + version + "\" \"Troupe\"\n";
}

std::string roff_section(const std::string& title) {
  return ".SH \"" + roff_text(title) + "\"\n";
}

std::string roff_subsection(const std::string& title) {
  return ".SS \"" + roff_text(title) + "\"\n";
}

std::string roff_paragraph(std::string_view text) {
  return ".PP\n" + roff_text(text) + "\n";
}

std::string roff_entry(std::string_view term, std::string_view text) {
  return ".TP\n\\fB" + roff_text(term) + "\\fR\n" + roff_text(text) + "\n";
}

std::string roff_lines(std::string_view text) {
  return ".PP\n.nf\n" + roff_text(text) + ".fi\n";
}

} // namespace troupe
