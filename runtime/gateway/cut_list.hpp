#pragma once

#include "runtime/gateway/kj_loop.hpp"

#include <kj/async.h>

#include <map>
#include <string>

namespace troupe {

/// The connections of one loop by who is at their other end, so that they can be ended at once. The loop is stopped before it is destroyed.
class cut_list {
public:
  explicit cut_list(kj_loop& loop) : loop_(loop) {}
  cut_list(const cut_list&) = delete;

  /// Resolves when connections with `who` are to end: join it to what serves one. On the loop's thread.
  kj::Promise<void> until_cut(const std::string& who) {
    auto pair = kj::newPromiseAndFulfiller<void>();
    auto entry = open_.emplace(who, kj::mv(pair.fulfiller));
    return pair.promise.attach(kj::defer([this, entry] { open_.erase(entry); }));
  }

  /// Any thread.
  void cut(const std::string& who) {
    loop_.post([this, who] {
      auto [first, last] = open_.equal_range(who);
      for (auto each = first; each != last; ++each)
        each->second->fulfill();
    });
  }

  /// All of them. Any thread.
  void cut_all() {
    loop_.post([this] {
      for (auto& each : open_)
        each.second->fulfill();
    });
  }

private:
  kj_loop& loop_;
  std::multimap<std::string, kj::Own<kj::PromiseFulfiller<void>>> open_; ///< the loop's
};

} // namespace troupe
