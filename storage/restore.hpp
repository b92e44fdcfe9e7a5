#pragma once

#include "storage/backup_manifest.hpp"
#include "storage/data_folder.hpp"
#include "storage/file_copy.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

/// A data folder made from a backup. It is made as `TARGET.restoring`, every file verified against the manifest, and put in its place as the
/// last thing. Dropped before that, it leaves all as it was. Blocks on the disk; one thread.
class restore_job {
public:
  /// `replace`: a target that holds something is moved aside, see `put_in_place`. Errors: those of read_backup_manifest; `already_exists`
  /// (the target holds something), `io_failed` (the target or `TARGET.restoring` is in use, or can't be written; no room).
  static result<std::unique_ptr<restore_job>> begin(const std::filesystem::path& backup, const std::filesystem::path& target,
                                                    bool replace);
  ~restore_job();
  restore_job(const restore_job&) = delete;

  /// Copies a few MiB more; true once all is there. `corrupt` names the file that isn't what the manifest says.
  result<bool> step();

  /// The new folder, not in its place yet.
  const data_folder& folder() const { return *folder_; }
  /// The folder that it replaces, held; null: there is none.
  const data_folder* replaced() const { return replaced_ ? &*replaced_ : nullptr; }
  const backup_manifest& manifest() const { return manifest_; }
  std::uint64_t bytes_done() const { return bytes_checked_ + (copying_ ? copying_->bytes() : 0); }

  /// After the last step: syncs, moves what the target held to `TARGET.before-restore-TIME`, and puts the new folder there; at any moment one of the two
  /// is in place, if the file system can exchange folders. Gives where the old one is now, or "".
  result<std::filesystem::path> put_in_place(wall_time now);

private:
  restore_job(std::filesystem::path backup, std::filesystem::path target, backup_manifest manifest);
  result<void> make_folders();
  result<void> check_file();
  std::filesystem::path partial() const { return target_.string() + ".restoring"; }

  std::filesystem::path backup_;
  std::filesystem::path target_;
  backup_manifest manifest_;
  std::optional<data_folder> replaced_; ///< held, so that no node starts on it meanwhile
  std::optional<data_folder> folder_;
  bool in_place_ = false;
  std::size_t files_done_ = 0;
  std::uint64_t bytes_checked_ = 0;  ///< of the files done
  std::optional<file_copy> copying_; ///< manifest_.files[files_done_]
};

} // namespace troupe
