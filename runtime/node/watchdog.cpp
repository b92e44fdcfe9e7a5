#include "runtime/node/watchdog.hpp"

namespace troupe {

namespace {

/// Words for each interval that the manager wants one in: so one that comes late does not end the node.
constexpr int words_an_interval = 4;

} // namespace

watchdog::watchdog(const service_notifier& manager, std::vector<post> loops) : manager_(manager), loops_(std::move(loops)) {
  if (auto interval = manager.watchdog())
    thread_ = std::thread([this, interval] { run(*interval / words_an_interval); });
}

watchdog::~watchdog() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void watchdog::run(std::chrono::microseconds interval) {
  ask();
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval, [this] { return ended_; })) {
    if (!all_answered())
      continue;
    manager_.alive();
    ask();
  }
}

void watchdog::ask() {
  answers_->store(0);
  for (const auto& loop : loops_)
    loop([answers = answers_] { answers->fetch_add(1); });
}

bool watchdog::all_answered() const {
  return answers_->load() == loops_.size();
}

} // namespace troupe
