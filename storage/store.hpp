#pragma once

#include "runtime/base/error.hpp"
#include "storage/column_families.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Counts a store's transactions: each that succeeds has a higher one than all before it. 0 is before the first.
using revision_number = std::uint64_t;

struct store_limits {
  static constexpr std::size_t key_bytes_max = 1024;
  static constexpr std::size_t value_bytes_max = 1 << 20;       ///< etcd's default for a whole request is 1.5 MiB
  static constexpr std::size_t transaction_bytes_max = 8 << 20; ///< keys and values of one transaction
  static constexpr std::size_t operations_max = 1024;           ///< expectations, and mutations, of one transaction
  static constexpr std::size_t scan_entries_max = 1024;         ///< of one scan; go on behind the last key for more
};

struct entry {
  std::string key; ///< any bytes; keys are ordered as unsigned bytes
  std::string value;
  revision_number modified = 0; ///< of the transaction that wrote it last
};

/// Keys from `first` up to but without `end`; an empty `end` is behind the last key.
struct key_range {
  std::string first;
  std::string end;
};

/// All keys that begin with `prefix`; an empty one is all keys.
key_range keys_with_prefix(std::string_view prefix);

enum class scan_order : std::uint8_t { ascending, descending };

/// What can be read from. Errors: `io_failed`, `corrupt`; a scan over the limits is `invalid_argument`.
class store_reader {
public:
  virtual ~store_reader() = default;
  /// The entry, or nothing if there is none.
  virtual result<std::optional<entry>> get(column_family family, std::string_view key) const = 0;
  /// The first `limit` entries of the range in that order, all of one revision. `limit`: 1 to scan_entries_max.
  virtual result<std::vector<entry>> scan(column_family family, const key_range& range, std::size_t limit,
                                          scan_order order) const = 0;
};

/// The store as it was at one revision, for as long as the object lives. Must not outlive its store. Hold it briefly: what it
/// sees can't be cleaned up, and a store that compacts its history may refuse an old one (`failed_precondition`).
class store_snapshot : public store_reader {
public:
  virtual revision_number revision() const = 0;
};

/// The key was last written by the transaction `modified`; 0: there is no such key.
struct expectation {
  column_family family = column_family::node;
  std::string key;
  revision_number modified = 0;
};

/// A new value for a key, or none to delete it. Deleting what isn't there is no error.
struct mutation {
  column_family family = column_family::node;
  std::string key;
  std::optional<std::string> value;
};

enum class durability : std::uint8_t {
  synced,  ///< on disk, with every transaction before it, when commit returns
  batched, ///< in the log; survives the end of the process, but may be lost with the machine, the newest first
};

/// All or nothing: if every expectation holds, every mutation is done.
struct transaction {
  std::vector<expectation> expected;
  std::vector<mutation> mutations; ///< at least one; a key at most once
  durability persistence = durability::synced;

  transaction& expect(column_family family, std::string key, revision_number modified);
  transaction& put(column_family family, std::string key, std::string value);
  transaction& erase(column_family family, std::string key);
};

/// Whether the transaction keeps to store_limits and names no key twice; `invalid_argument` if not. Stores ask it first.
result<void> check(const transaction& change);
/// Whether a scan's limit is one that stores take.
result<void> check_scan_limit(std::size_t limit);
/// What commit answers when an expectation doesn't hold.
error conflict_on(const expectation& wanted, revision_number found);

/// Is told of a transaction's mutations under the watched prefix, once each transaction.
using watch_callback = std::function<void(revision_number, const std::vector<mutation>&)>;

/// Ends its watch when destroyed; after that the callback neither runs nor begins. Never destroy it within the callback.
class store_watch {
public:
  virtual ~store_watch() = default;
};

/// Keys and values in column families, changed by transactions. Thread-safe; reads see every commit that has returned.
/// Small enough that etcd could be one, and that a test can wrap one.
class store : public store_reader {
public:
  virtual result<std::unique_ptr<store_snapshot>> snapshot() const = 0;

  /// The new revision. Errors: `conflict` (an expectation doesn't hold: read again and retry; nothing was done),
  /// `invalid_argument` (nothing was done), `io_failed` and `corrupt` (later ones may fail too; once one succeeds this one was not done,
  /// and else whether it was is known once the store has been opened again).
  virtual result<revision_number> commit(const transaction& change) = 0;

  /// Tells of changes from now on, in order of revision, on a thread of the store's or of whoever commits. The callback must
  /// only hand on (send a message) and return; it may not call the store.
  [[nodiscard]] virtual std::unique_ptr<store_watch> watch(column_family family, std::string prefix, watch_callback callback) = 0;

  /// Copies all that is committed into the new folder `into`, which must be on the store's own disk: what never changes is
  /// linked, so this is quick. Gives the copy, opened for reading only; commits go on meanwhile and leave it alone. Errors:
  /// `io_failed`, `corrupt`; `failed_precondition` from a store that is no folder.
  virtual result<std::unique_ptr<store>> checkpoint(const std::filesystem::path& into);
};

} // namespace troupe
