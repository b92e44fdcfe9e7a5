#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/serving/host_channel.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace troupe {

/// What a scripted host does with a batch: fills the done page, and false if it keeps silent.
using host_script = std::function<bool(const work_page& work, done_page& done, std::byte* memory)>;

/// Honest: gives the first input back as the first output.
bool echo(const work_page& work, done_page& done, std::byte* memory);

/// A thread that plays the host on the other end of a channel, in this process.
class scripted_host {
public:
  scripted_host(std::shared_ptr<pool> target, const clock& time, event_loop& owner, host_script script);
  ~scripted_host();

  const std::shared_ptr<host_channel>& channel() const { return channel_; }
  /// How many batches it has answered.
  std::uint64_t served() const { return served_; }
  /// Why it was condemned; "" as long as it was not. A condemned host's channel is abandoned at once.
  std::string condemned() const;
  void ring();
  /// Bytes of memory that its tensors and pages take.
  std::uint64_t resident_bytes() const;

private:
  /// What the channel's loop knows of this host: it may be at it while the host is taken down.
  struct sentence {
    std::mutex mutex{};
    std::weak_ptr<host_channel> channel{};
    std::string reason{};
  };

  void run(const host_script& script);

  std::byte* memory_ = nullptr;
  unique_fd memory_fd_;
  unique_fd work_;
  unique_fd done_;
  std::shared_ptr<host_channel> channel_;
  std::atomic<std::uint64_t> served_{0};
  std::atomic<bool> stopping_{false};
  std::shared_ptr<sentence> sentence_ = std::make_shared<sentence>();
  std::thread thread_;
};

} // namespace troupe
