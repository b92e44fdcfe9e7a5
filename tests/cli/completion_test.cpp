#define BOOST_TEST_MODULE completion
#include "runtime/cli/completion_script.hpp"
#include "tests/cli/command_line.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <sys/wait.h>

namespace {

using namespace troupe;
using test::connected;
namespace data = boost::unit_test::data;

struct shell_result {
  int code;
  std::string out;
};

shell_result shell(const std::string& command) {
  auto pipe = ::popen((command + " 2>&1").c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  std::string out;
  char block[512];
  for (std::size_t size = 0; (size = std::fread(block, 1, sizeof block, pipe)) > 0;)
    out.append(block, size);
  return {WEXITSTATUS(::pclose(pipe)), out};
}

bool has(const std::string& program) {
  return shell("command -v " + program).code == 0;
}

/// Bash with the script, and a `troupe` that knows two deployments: what a tab offers at the end of the line, a word a line.
struct in_bash : connected {
  std::string tab(const std::string& line) {
    file("script", bash_completion(cli_outline()));
    auto driver =
        file("driver", "troupe() { echo \"$@\" >asked; echo digits; echo dogs; }\n. ./script\ncd dir\nCOMP_WORDS=(" + line
                           + ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_troupe\nprintf '%s\\n' \"${COMPREPLY[@]}\" | sort\n");
    std::filesystem::create_directories(folder.path() / "dir" / "models");
    file("dir/node.toml", "");
    return shell("cd " + folder.path().string() + " && bash --norc driver").out;
  }
};

struct completed {
  const char* line;
  const char* words;
};

std::ostream& operator<<(std::ostream& out, const completed& row) {
  return out << row.line;
}

const completed lines[] = {
    {"troupe dep", "deploy\n"},
    {"troupe --node 127.0.0.1:1 un", "undeploy\n"},
    {"troupe status d", "digits\ndogs\n"},
    {"troupe status di", "digits\n"},
    {"troupe rollback --to 2 di", "digits\n"},
    {"troupe deploy digits ''", "models\n"},
    {"troupe deploy digits models --rep", "--replicas\n"},
    {"troupe deploy --", "--detach\n--help\n--help\n--node\n--on\n--output\n--replicas\n--strategy\n--timeout\n--version\n"},
    {"troupe rollout digits pr", "promote\n"},
    {"troupe history d", "digits\ndogs\n"},
    {"troupe deploy digits models --strategy no", "node.toml\n"},
    {"troupe events -o ''", "json\ntable\n"},
    {"troupe -o j", "json\n"},
    {"troupe node --config no", "node.toml\n"},
    {"troupe node --data m", "models\n"},
    {"troupe completion z", "zsh\n"},
    {"troupe log-level pool de", "debug\ndefault\n"},
    {"troupe apply n", "node.toml\n"},
    {"troupe scale digits 4", "\n"},
};

} // namespace

BOOST_DATA_TEST_CASE(bash_completes_verbs_options_words_files_and_deployments, data::make(lines), row) {
  BOOST_TEST(in_bash().tab(row.line) == row.words);
}

BOOST_FIXTURE_TEST_CASE(the_node_that_the_line_names_is_asked_for_deployments, in_bash) {
  BOOST_TEST(tab("troupe --node 127.0.0.1:9 status di") == "digits\n");
  BOOST_TEST(shell("cat " + (folder.path() / "dir/asked").string()).out == "--node 127.0.0.1:9 __complete deployments\n");
}

BOOST_DATA_TEST_CASE(every_script_is_one_that_its_shell_reads, data::make({"bash", "zsh", "fish"}), name) {
  connected troupe;
  BOOST_TEST(troupe.run({"completion", name}) == 0);
  BOOST_TEST(troupe.out.find("rollback") != std::string::npos);
  auto path = troupe.file("script", troupe.out);
  if (!has(name)) {
    BOOST_TEST_MESSAGE("skipped: no " << name << " here");
    return;
  }
  auto outcome = shell(std::string(name) + " -n " + path);
  BOOST_TEST(outcome.code == 0, outcome.out);
  BOOST_TEST(outcome.out == "");
}

BOOST_FIXTURE_TEST_CASE(the_names_of_deployments_are_a_line_each, connected) {
  BOOST_TEST(run({"__complete", "deployments"}) == 0);
  BOOST_TEST(out == "echo\n");
}

BOOST_FIXTURE_TEST_CASE(without_a_node_the_completion_is_silent, connected) {
  BOOST_TEST(run({"__complete", "deployments", "--node", "127.0.0.1:1"}) == 0);
  BOOST_TEST(out + err == "");
}

BOOST_FIXTURE_TEST_CASE(what_only_scripts_call_is_not_in_the_help, connected) {
  BOOST_TEST(run({"--help"}) == 0);
  BOOST_TEST(out.find("completion") != std::string::npos);
  BOOST_TEST(out.find("__complete") == std::string::npos);
  BOOST_TEST(bash_completion(cli_outline()).find("'__complete") == std::string::npos);
}
