#pragma once

#include "storage/store.hpp"

#include <list>
#include <memory>
#include <mutex>

namespace troupe {

/// The watches of one store, which outlive it harmlessly. Thread-safe.
class watchers : public std::enable_shared_from_this<watchers> {
public:
  [[nodiscard]] std::unique_ptr<store_watch> add(column_family family, std::string prefix, watch_callback callback);
  /// Tells every watch what concerns it. Called in order of revision.
  void tell(revision_number revision, const std::vector<mutation>& mutations);

private:
  struct watcher {
    column_family family;
    std::string prefix;
    watch_callback callback;
  };
  class handle;

  std::mutex mutex_; // held over callbacks, so that a destroyed watch is over
  std::list<watcher> watchers_;
};

} // namespace troupe
