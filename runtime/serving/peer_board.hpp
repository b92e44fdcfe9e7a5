#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace troupe {

/// What the membership knows of another node, as far as requests care.
struct peer_news {
  std::string name;    ///< for people
  std::string address; ///< of its cluster port
  bool usable = false; ///< false: it is suspected, dead or removed
  std::uint32_t queued_requests = 0;
  bool removed = false; ///< for ever
};

/// Another node, as it was last told of. Thread-safe.
class peer_status {
public:
  explicit peer_status(std::string node_id) : node_id_(std::move(node_id)) {}

  const std::string& node_id() const { return node_id_; }
  /// Its name, or its id while nobody has told it.
  std::string name() const;
  std::string address() const;
  bool usable() const { return usable_.load(std::memory_order_acquire); }
  bool removed() const { return removed_.load(std::memory_order_acquire); }
  std::uint32_t queued_requests() const { return queued_requests_.load(std::memory_order_relaxed); }

  void take(const peer_news& news);

private:
  const std::string node_id_;
  std::atomic<bool> usable_{false};
  std::atomic<bool> removed_{false};
  std::atomic<std::uint32_t> queued_requests_{0};
  mutable std::mutex mutex_;
  std::string name_;
  std::string address_;
};

/// The other nodes by id: the membership writes it, a request's path reads it. Thread-safe.
class peer_board {
public:
  void set(std::string_view node_id, const peer_news& news);
  /// `hears` is told of each node that is removed from now on, on the thread that sets it. Once, or with nullptr to end that.
  void on_removed(std::function<void(const std::string& node_id)> hears);
  /// The node's status, the same object for ever. One that nobody has told of is unusable.
  std::shared_ptr<peer_status> find(std::string_view node_id);

private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<peer_status>, std::less<>> peers_;
  std::mutex telling_;
  std::function<void(const std::string&)> hears_; ///< under `telling_`
};

} // namespace troupe
