#pragma once

#include "runtime/cli/load.hpp"
#include "tests/e2e/answers.hpp"
#include "tests/e2e/running_node.hpp"

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace troupe::test {

/// Requests for one deployment, some in flight at any time, from a thread and a client of its own until it is ended.
class background_load {
public:
  background_load(const std::string& address, const std::string& deployment, const std::vector<named_tensor>& inputs,
                  std::uint32_t concurrency = 8);
  ~background_load();

  /// Whether so many more are answered soon.
  bool answers(std::uint64_t more);
  /// Ends the load; what became of it. Requests that the node refused are among `failed`.
  load_report end();

private:
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<bool> ended_{false};
  std::future<load_report> running_;
};

} // namespace troupe::test
