#pragma once

#include <string>
#include <string_view>

/// The few words of man(7) that our pages need.
namespace troupe {

/// Text that roff shows as it is: quotes, dashes, backslashes and leading dots escaped, beyond ASCII by code point.
std::string roff_text(std::string_view text);

/// The page's title line.
std::string roff_title(const std::string& name, int section, const std::string& version);
std::string roff_section(const std::string& title);
std::string roff_subsection(const std::string& title);
std::string roff_paragraph(std::string_view text);
/// A term in bold, and what it means, indented.
std::string roff_entry(std::string_view term, std::string_view text);
/// Lines as they stand.
std::string roff_lines(std::string_view text);

} // namespace troupe
