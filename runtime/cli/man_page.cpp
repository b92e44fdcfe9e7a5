#include "runtime/cli/man_page.hpp"

#include "runtime/cli/roff.hpp"

#include <cctype>

namespace troupe {

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string upper(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool indented(const std::string& line) {
  return line.rfind("  ", 0) == 0;
}

/// A help's footer: "Example:" becomes a section, what is indented stays as it stands, the rest are paragraphs.
std::string footer_text(const std::string& footer) {
  std::string text;
  std::string kept;
  std::string paragraph;
  auto flush = [&] {
    text += kept.empty() ? "" : roff_lines(kept);
    text += paragraph.empty() ? "" : roff_paragraph(paragraph);
    kept.clear();
    paragraph.clear();
  };
  for (const auto& line : lines_of(footer)) {
    bool title = !line.empty() && line.back() == ':' && !indented(line);
    if (line.empty() || title || indented(line) == kept.empty())
      flush();
    if (title)
      text += roff_section(upper(line.substr(0, line.size() - 1)));
    else if (indented(line))
      kept += line + "\n";
    else if (!line.empty())
      paragraph += (paragraph.empty() ? "" : "\n") + line;
  }
  flush();
  return text;
}

std::string term_of(const option_outline& option) {
  std::string term = option.positional() ? option.value : "";
  for (const auto& flag : option.flags)
    term += (term.empty() ? "" : ", ") + flag;
  return option.positional() || option.value.empty() ? term : term + " " + option.value;
}

std::string option_text(const option_outline& option) {
  auto text = option.help;
  if (!option.default_value.empty())
    text += " (default: " + option.default_value + ")";
  if (!option.variable.empty())
    text += "; also by the environment variable " + option.variable;
  return roff_entry(term_of(option), text + ".");
}

std::string option_texts(const verb_outline& verb) {
  std::string arguments;
  std::string options;
  for (const auto& option : verb.options)
    (option.positional() ? arguments : options) += option_text(option);
  return (arguments.empty() ? "" : roff_section("ARGUMENTS") + arguments)
         + (options.empty() ? "" : roff_section("OPTIONS") + options);
}

std::string synopsis(const std::string& command, const verb_outline& verb) {
  auto text = command + " [OPTIONS]";
  for (const auto& option : verb.options)
    if (option.positional())
      text += option.required ? " " + option.value : " [" + option.value + "]";
  return text;
}

man_page verb_page(const verb_outline& verb, const std::string& version) {
  auto name = "troupe-" + verb.name;
  return {name + ".1",
          roff_title(upper(name), 1, version) + roff_section("NAME") + roff_text(name) + " \\- " + roff_text(verb.help) + "\n"
              + roff_section("SYNOPSIS") + roff_paragraph(synopsis("troupe " + verb.name, verb)) + option_texts(verb)
              + roff_paragraph("The options of troupe(1) may stand here, too: --node names another node, -o json is for "
                               "programs.")
              + footer_text(verb.footer) + roff_section("SEE ALSO") + roff_paragraph("troupe(1), troupe.toml(5)")};
}

man_page program_page(const program_outline& program, const std::string& version) {
  std::string commands;
  for (const auto& verb : program.verbs)
    commands += roff_entry("troupe-" + verb.name + "(1)", verb.help + ".");
  return {"troupe.1", roff_title("TROUPE", 1, version) + roff_section("NAME") + "troupe \\- serves machine\\-learning models\n"
                          + roff_section("SYNOPSIS") + roff_paragraph("troupe [OPTIONS] COMMAND …") + roff_section("DESCRIPTION")
                          + roff_paragraph(program.all.help) + roff_section("COMMANDS") + commands + option_texts(program.all)
                          + footer_text(program.all.footer) + roff_section("FILES")
                          + roff_entry("/etc/troupe/troupe.toml", "The node's file, where none is named; see troupe.toml(5).")};
}

/// The comment's text: "# a word" -> "a word".
std::string uncommented(const std::string& line) {
  return line.size() < 2 ? "" : line.substr(2);
}

} // namespace

std::vector<man_page> man_pages(const program_outline& program, const std::string& version) {
  std::vector<man_page> pages = {program_page(program, version)};
  for (const auto& verb : program.verbs)
    pages.push_back(verb_page(verb, version));
  return pages;
}

man_page config_man_page(std::string_view example, const std::string& version) {
  auto text = roff_title("TROUPE.TOML", 5, version) + roff_section("NAME") + "troupe.toml \\- the file of a troupe node\n"
              + roff_section("DESCRIPTION");
  std::string comment;
  for (const auto& line : lines_of(example)) {
    if (!line.empty() && line.front() == '#') {
      comment += (comment.empty() ? "" : "\n") + uncommented(line);
      continue;
    }
    if (line.empty())
      text += comment.empty() ? "" : roff_paragraph(comment);
    else if (line.front() == '[')
      text += roff_subsection(line) + (comment.empty() ? "" : roff_paragraph(comment));
    else
      text += roff_entry(line, comment);
    comment.clear();
  }
  return {"troupe.toml.5", text + roff_section("SEE ALSO") + roff_paragraph("troupe(1), troupe-node(1)")};
}

} // namespace troupe
