#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace troupe {

struct command_context;

/// What `troupe restore` was told.
struct restore_arguments {
  std::string backup;
  std::string data_folder;
  bool replace = false; ///< a data folder that holds something is moved aside
  bool lead = false;    ///< it leads the cluster from then on: as the member whose data folder it is, or in a new folder
  bool yes = false;     ///< it leads though its folder knows of a leader after the one that the backup is of
};

struct restore_progress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

struct restore_report {
  std::string moved_aside; ///< where what was there is now; empty: nothing was
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::string backup_time; ///< when the backup was made
  std::uint64_t epoch = 0; ///< in which the node leads; 0: it wasn't asked to
  std::vector<std::string> warnings{};
};

/// Makes a data folder from a backup, on this machine; tells how far it is. Given by main.
using restore_runner =
    std::function<result<restore_report>(const restore_arguments&, const std::function<void(const restore_progress&)>&)>;

void add_restore(CLI::App& app, const command_context& context, const restore_runner& restore);

} // namespace troupe
