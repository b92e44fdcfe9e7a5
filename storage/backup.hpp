#pragma once

#include "storage/backup_manifest.hpp"
#include "storage/data_folder.hpp"
#include "storage/file_copy.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What is backed up. All of it must outlive the backup.
struct backup_source {
  const data_folder& folder;
  store& records;
  std::string node_id;
  std::string software;
};

/// A copy of all that a node keeps, as it was at one moment, made while the node works on: the store, and the artifacts that its versions
/// need. It is made as `TARGET.partial`, verified and synced, its manifest written last, then renamed. Dropped before its end, it
/// leaves nothing. One at a time on a data folder; blocks on the disk; one thread.
///
///     TARGET/troupe-backup.toml
///     TARGET/store/…              what RocksDB opens
///     TARGET/blobs/SHA-256
class backup_job {
public:
  /// Fixes the moment. Errors: `invalid_argument` (no absolute path, or within the data folder), `already_exists`, `io_failed` (can't be
  /// written, no room), `not_found` (an artifact is missing), `corrupt`.
  static result<std::unique_ptr<backup_job>> begin(const backup_source& source, const std::filesystem::path& target,
                                                   wall_time now);
  ~backup_job();
  backup_job(const backup_job&) = delete;

  /// Copies a few MiB more; true once the backup is there. After a failure (`io_failed`, or `corrupt` for an artifact that isn't what its
  /// name says) the job can only be dropped.
  result<bool> step();

  const std::filesystem::path& target() const { return target_; }
  std::uint64_t bytes_total() const { return bytes_total_; }
  std::uint64_t bytes_done() const { return manifest_.bytes() + (copying_ ? copying_->bytes() : 0); }
  std::size_t files() const { return files_.size(); }

private:
  /// Within the source's data folder: links that hold the moment's files while they are copied.
  class stage;

  backup_job(std::filesystem::path target, backup_manifest head);
  result<void> gather(const backup_source& source);
  result<void> gather_store();
  result<void> gather_blobs(const backup_source& source, store& copy);
  result<void> make_folders();
  result<void> finish_file();
  result<void> finish();

  std::filesystem::path target_;
  std::filesystem::path partial_; ///< empty while there is none
  std::unique_ptr<stage> stage_;
  backup_manifest manifest_;       ///< grows by one file with each that is copied
  std::vector<std::string> files_; ///< paths within the stage, and within the backup
  std::uint64_t bytes_total_ = 0;
  std::optional<file_copy> copying_; ///< files_[manifest_.files.size()]
};

/// Removes what a backup that was cut short with its node has left in the data folder.
void remove_backup_rests(const data_folder& folder);

} // namespace troupe
