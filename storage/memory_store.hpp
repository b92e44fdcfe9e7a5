#pragma once

#include "storage/watchers.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace troupe {

/// A store in memory that knows what a disk would have kept. For tests and simulation: nothing here bounds what is held, and a
/// snapshot copies everything.
class memory_store final : public store {
public:
  memory_store();
  ~memory_store() override;

  result<std::optional<entry>> get(column_family family, std::string_view key) const override;
  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit,
                                  scan_order order) const override;
  result<std::unique_ptr<store_snapshot>> snapshot() const override;
  result<revision_number> commit(const transaction& change) override;
  std::unique_ptr<store_watch> watch(column_family family, std::string prefix, watch_callback callback) override;

  /// Transactions that a loss of the machine may take.
  std::size_t unsynced() const;
  /// The machine is lost and comes back with what was synced and the oldest `unsynced_kept` transactions after it. Watches go on
  /// and are not told.
  void crash(std::size_t unsynced_kept);
  /// From now on it holds what `other` does, as if restored from a backup of that. Watches are not told.
  void copy(const memory_store& other);

private:
  struct tables;
  class frozen;

  mutable std::mutex mutex_; // held over watch callbacks too, which keeps them in order
  std::unique_ptr<tables> current_;
  std::unique_ptr<tables> synced_;
  std::vector<std::vector<mutation>> unsynced_; // what current_ has and synced_ has not
  std::shared_ptr<watchers> watchers_ = std::make_shared<watchers>();
};

} // namespace troupe
