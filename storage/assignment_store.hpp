#pragma once

#include "runtime/base/assignment.hpp"
#include "storage/store.hpp"

#include <optional>

namespace troupe {

/// What a node was told last to do. Blocks on its store, which must outlive it. Any thread.
class assignment_store {
public:
  /// The bytes of a part of the record, and the most parts: what one transaction takes.
  static constexpr std::size_t part_bytes = 512 << 10;
  static constexpr std::size_t parts_max = 15;

  explicit assignment_store(store& records) : records_(records) {}

  /// Nothing if none was kept. `corrupt`; `failed_precondition` if a newer release kept it, in a way that this one doesn't know.
  result<std::optional<assignment>> load() const;
  /// Keeps it in the place of the one before; on disk when it returns. `invalid_argument` if it is larger than all parts, or what the store answers.
  result<void> save(const assignment& next);

private:
  store& records_;
};

} // namespace troupe
