#pragma once

#include "runtime/node/service_notifier.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe {

/// Tells the service manager that the node is alive for as long as all its loops turn: a node that hangs is then restarted. Has a thread of its
/// own; does nothing where the manager wants no word.
class watchdog {
public:
  /// Runs a task on a loop's thread, soon.
  using post = std::function<void(std::function<void()> task)>;

  /// `loops` and the notifier must outlive it; a task that never runs is kept by its loop without harm.
  watchdog(const service_notifier& manager, std::vector<post> loops);
  ~watchdog();

private:
  void run(std::chrono::microseconds interval);
  /// A question to every loop; the former one has been answered by all.
  void ask();
  bool all_answered() const;

  const service_notifier& manager_;
  const std::vector<post> loops_;
  std::shared_ptr<std::atomic<std::size_t>> answers_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_; // last: it uses all of the above
};

} // namespace troupe
