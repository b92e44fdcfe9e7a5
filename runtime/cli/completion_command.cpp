#include "runtime/cli/client.hpp"
#include "runtime/cli/completion_script.hpp"
#include "runtime/cli/verbs.hpp"
#include "runtime/cli/wire.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace troupe {

namespace {

/// Longer than that nobody waits for a tab.
constexpr std::chrono::seconds patience{1};

void print_script(const console& io, const CLI::App& app, const std::string& shell) {
  auto program = outline_of(app);
  io.out << (shell == "bash" ? bash_completion(program) : shell == "zsh" ? zsh_completion(program) : fish_completion(program));
}

/// A name a line; nothing, silently, where no node answers.
void print_deployments(const command_context& context) {
  try {
    client node(context.target());
    auto answer = node.ask(node.control().statusRequest(), patience);
    for (auto deployment : answer.getDeployments())
      context.io.out << text_of(deployment.getName()) << "\n";
  } catch (const command_failure&) { // a shell in the middle of a line has no place for errors
  }
}

} // namespace

void add_completion(CLI::App& app, const command_context& context) {
  auto shell = std::make_shared<std::string>();
  auto verb = app.add_subcommand("completion", "Prints a script that completes troupe's command line");
  verb->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
  verb->footer("Example:\n  source <(troupe completion bash)\n  troupe completion zsh > \"${fpath[1]}/_troupe\"\n"
               "  troupe completion fish > ~/.config/fish/completions/troupe.fish");
  verb->callback([&app, &context, shell] { print_script(context.io, app, *shell); });

  auto what = std::make_shared<std::string>();
  auto words = app.add_subcommand("__complete", "What the scripts ask for")->group("");
  words->add_option("WHAT", *what)->required()->check(CLI::IsMember({"deployments"}).description(""));
  words->callback([&context, what] {
    if (*what == "deployments")
      print_deployments(context);
  });
}

} // namespace troupe
