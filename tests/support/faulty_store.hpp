#pragma once

#include "runtime/base/rng.hpp"
#include "storage/memory_store.hpp"

#include <memory>
#include <optional>

namespace troupe {

/// A store on a bad disk, with the contract of a real one: after a write that failed all later ones fail, and whether it was done is seen
/// once the machine has been started again. One thread.
class faulty_store final : public store {
public:
  explicit faulty_store(rng random) : random_(random) {}

  /// From now on a commit fails with this probability, and takes all later ones with it.
  void set_failure_chance(double chance) { failure_chance_ = chance; }
  /// Whether a write has failed since the start.
  bool is_broken() const { return broken_; }

  /// The machine loses its power: nothing can be read or written any more.
  void cut_power() { powered_ = false; }
  /// It comes back, with what was synced, some of what was not, and perhaps the write that failed.
  void restart();
  /// What another disk holds is restored here.
  void copy(const faulty_store& other) { disk_.copy(other.disk_); }

  result<std::optional<entry>> get(column_family family, std::string_view key) const override;
  result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit,
                                  scan_order order) const override;
  result<std::unique_ptr<store_snapshot>> snapshot() const override;
  result<revision_number> commit(const transaction& change) override;
  std::unique_ptr<store_watch> watch(column_family family, std::string prefix, watch_callback callback) override;

private:
  memory_store disk_;
  rng random_;
  double failure_chance_ = 0;
  bool broken_ = false;
  bool powered_ = true;
  std::optional<transaction> half_done_; ///< the write that failed, if the disk has it
};

} // namespace troupe
