#define BOOST_TEST_MODULE man_page
#include "runtime/base/text_file.hpp"
#include "runtime/cli/man_page.hpp"
#include "runtime/cli/roff.hpp"
#include "runtime/cli/run_cli.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>

using namespace troupe;

namespace {

std::vector<man_page> all_pages() {
  auto pages = man_pages(cli_outline(), "0.1.0");
  pages.push_back(config_man_page(*read_text_file(TROUPE_EXAMPLES "/troupe.toml", 1 << 16), "0.1.0"));
  return pages;
}

std::string page(const std::string& file) {
  for (const auto& one : all_pages())
    if (one.file == file)
      return one.text;
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string output_of(const std::string& command) {
  auto pipe = ::popen(command.c_str(), "r");
  std::string out;
  char block[512];
  for (std::size_t size = 0; (size = std::fread(block, 1, sizeof block, pipe)) > 0;)
    out.append(block, size);
  ::pclose(pipe);
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(roff_is_escaped) {
  BOOST_TEST(roff_text("a-b\\c'd\"e`f…") == "a\\-b\\ec\\(aqd\\(dqe\\(gaf\\[u2026]");
  BOOST_TEST(roff_text(".x\n.y\n'z.") == "\\&.x\n\\&.y\n\\(aqz.");
}

BOOST_AUTO_TEST_CASE(there_is_a_page_for_the_program_each_verb_and_the_config_file) {
  for (auto file : {"troupe.1", "troupe-deploy.1", "troupe-rollback.1", "troupe-rollout.1", "troupe-history.1", "troupe-node.1",
                    "troupe-log-level.1", "troupe.toml.5"})
    BOOST_TEST(page(file) != "", file);
  BOOST_TEST(page("troupe-__complete.1") == "");
}

BOOST_AUTO_TEST_CASE(a_verbs_page_has_its_arguments_options_defaults_and_example) {
  auto deploy = page("troupe-deploy.1");
  BOOST_TEST(contains(deploy, ".SH \"SYNOPSIS\"\n.PP\ntroupe deploy [OPTIONS] NAME FOLDER\n"), deploy);
  BOOST_TEST(contains(deploy, ".TP\n\\fB\\-\\-timeout DURATION\\fR\n"), deploy);
  BOOST_TEST(contains(deploy, "(default: 5m, and as long as its stages may last)."), deploy);
  BOOST_TEST(contains(deploy, ".SH \"EXAMPLE\"\n.PP\n.nf\n  troupe deploy digits"), deploy);
}

BOOST_AUTO_TEST_CASE(the_programs_page_lists_the_verbs_and_the_exit_codes) {
  auto program = page("troupe.1");
  BOOST_TEST(contains(program, "\\fBtroupe\\-rollback(1)\\fR\n"), program);
  BOOST_TEST(contains(program, ".SH \"EXIT CODES\"\n.PP\n.nf\n    0  done\n"), program);
  BOOST_TEST(contains(program, "environment variable TROUPE_NODE"), program);
}

BOOST_AUTO_TEST_CASE(the_config_files_page_has_every_key_under_its_section) {
  auto config = page("troupe.toml.5");
  BOOST_TEST(contains(config, ".SS \"[limits]\"\n"), config);
  BOOST_TEST(contains(config, "\\fBmessage_bytes = \\(dq64MiB\\(dq\\fR\nLargest RPC message"), config);
}

BOOST_AUTO_TEST_CASE(groff_has_nothing_to_say_against_the_pages) {
  if (output_of("command -v groff").empty()) {
    BOOST_TEST_MESSAGE("skipped: no groff here");
    return;
  }
  test::temporary_folder folder;
  for (const auto& one : all_pages()) {
    BOOST_TEST(std::all_of(one.text.begin(), one.text.end(), [](char c) { return c == '\n' || (c >= ' ' && c < 127); }),
               one.file);
    auto path = (folder.path() / one.file).string();
    std::ofstream(path) << one.text;
    BOOST_TEST(output_of("groff -mandoc -ww -Tutf8 -z " + path + " 2>&1") == "");
  }
}
