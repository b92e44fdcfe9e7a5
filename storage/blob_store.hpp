#pragma once

#include "runtime/base/sha256.hpp"
#include "runtime/base/unique_fd.hpp"
#include "storage/data_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Largest artifact that a node takes, unless it is told otherwise.
inline constexpr std::uint64_t artifact_bytes_max = 16ULL << 30;

/// A blob on its way in. Destroyed before it is finished, it leaves nothing, or for the next one what it has, if it was begun by `resume`. One thread at a
/// time.
class blob_writer {
public:
  ~blob_writer();
  blob_writer(const blob_writer&) = delete;

  /// Bytes that it has.
  std::uint64_t bytes() const { return bytes_written_; }
  /// Adds the next bytes. `invalid_argument` if they are more than was announced; `io_failed` if the disk is full or fails.
  result<void> write(const void* data, std::size_t size);
  /// The blob is on disk, and there for all readers, when it returns. `invalid_argument` if bytes are missing, `corrupt` if
  /// they have another hash than was announced: the blob is dropped. Once.
  result<void> finish();

private:
  friend class blob_store;
  blob_writer(std::filesystem::path temporary, std::filesystem::path final_path, std::uint64_t bytes, bool is_left);

  std::filesystem::path temporary_; // empty once it has been renamed
  bool is_left_;                    // for the next one
  std::filesystem::path final_path_;
  std::uint64_t bytes_expected_;
  std::uint64_t bytes_written_ = 0;
  sha256 hash_;
  unique_fd file_;
};

/// Some bytes of a blob.
struct blob_piece {
  std::uint64_t total_bytes = 0; ///< of the whole blob
  std::string bytes;
};

/// Model artifacts: files in `blobs/` of the data folder, named by the SHA-256 of what is in them. Any thread; blocks on the
/// disk. The folder must outlive it.
class blob_store {
public:
  /// Makes `blobs/` if it is missing and removes what earlier writers left unfinished.
  static result<blob_store> open(const data_folder& folder, std::uint64_t bytes_max = artifact_bytes_max);

  /// Begins to take a blob of `bytes` bytes with the hash `expected` (64 lower-case hex digits) and reserves its space.
  /// `invalid_argument` for another kind of hash or too many bytes, `io_failed` if the disk is full. Several may be under way,
  /// for one hash too.
  result<std::unique_ptr<blob_writer>> begin(const std::string& expected, std::uint64_t bytes) const;
  /// The same, but it goes on behind what an earlier such writer of this hash left, and leaves what it has to the next, in a later life of the node, too. One
  /// at a time for a hash.
  result<std::unique_ptr<blob_writer>> resume(const std::string& expected, std::uint64_t bytes) const;

  /// The blob, opened for reading at its start, after all of it was read and found to have its hash. `not_found`; `corrupt` if
  /// not.
  result<unique_fd> open_verified(const std::string& hash) const;

  /// At most `bytes` bytes of the blob from `offset` on, as they are on disk, unverified; none past its end. `not_found`.
  result<blob_piece> read(const std::string& hash, std::uint64_t offset, std::size_t bytes) const;

  /// Takes a damaged blob out of the store, so that it can be brought again; its bytes stay beside it until the store is next opened.
  /// `not_found` if there is none.
  result<void> set_aside(const std::string& hash) const;

  bool has(const std::string& hash) const;
  /// Blobs that are open stay readable. `not_found` if there is none.
  result<void> remove(const std::string& hash) const;
  /// The hashes of all blobs, in order.
  result<std::vector<std::string>> list() const;
  /// The hashes of which writers left something, in order.
  result<std::vector<std::string>> list_partial() const;
  /// Removes what they left of this one, if there is something.
  result<void> remove_partial(const std::string& hash) const;

private:
  result<unique_fd> open(const std::string& hash) const;
  result<void> check(const std::string& expected, std::uint64_t bytes) const;
  std::filesystem::path partial_path(const std::string& hash) const;
  /// What follows `prefix` in names of files that is a hash, in order.
  result<std::vector<std::string>> list_behind(std::string_view prefix) const;

  blob_store(std::filesystem::path path, std::uint64_t bytes_max) : path_(std::move(path)), bytes_max_(bytes_max) {}

  std::filesystem::path path_;
  std::uint64_t bytes_max_;
};

} // namespace troupe
