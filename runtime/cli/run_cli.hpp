#pragma once

#include "runtime/cli/cli_outline.hpp"
#include "runtime/cli/console.hpp"
#include "runtime/cli/node_command.hpp"
#include "runtime/cli/restore_command.hpp"

namespace troupe {

/// What `troupe` does without a node to talk to. Given by main.
struct local_work {
  node_runner run_node;
  restore_runner restore;
};

/// The `troupe` command: parses, does what is asked, and returns the process's exit code (see exit_code.hpp). Results go to
/// io.out; errors as "error: …" and progress to io.err. `work.run_node` runs on this thread, after parsing, for the verb `node`.
int run_cli(int argc, const char* const* argv, const console& io, const local_work& work);

/// The whole command line as data.
program_outline cli_outline();

} // namespace troupe
