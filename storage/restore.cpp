#include "storage/restore.hpp"

#include "runtime/base/units.hpp"
#include "storage/file_io.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace troupe {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t step_bytes = 4 << 20;
/// A node needs more than its data to start.
constexpr std::uint64_t spared_bytes = 16 << 20;

/// The folder itself, not a link to it, in an absolute path without a last slash.
result<fs::path> place_of(const fs::path& path) {
  std::error_code failed;
  auto place = path.empty() ? path : fs::weakly_canonical(fs::absolute(path, failed), failed);
  if (failed || place.empty())
    return error{error_code::invalid_argument, "can't tell where '" + path.string() + "' is; name an absolute path"};
  return without_last_slash(place);
}

/// A folder is put in place as a whole, by renaming, which a mount point does not allow.
result<void> check_target(const fs::path& target, const fs::path& backup) {
  struct stat own{};
  struct stat above{};
  if (::stat(target.c_str(), &own) == 0 && ::stat(target.parent_path().c_str(), &above) == 0 && own.st_dev != above.st_dev)
    return error{error_code::invalid_argument,
                 target.string() + " is a mount point, which can't be replaced; name a folder in it with --data"};
  if (is_within(target, backup))
    return error{error_code::invalid_argument,
                 target.string() + " is in the backup itself, which must stay as it is; name another with --data"};
  return {};
}

/// A node that did not come up leaves its lock file, and nothing else.
result<bool> holds_something(const fs::path& folder) {
  std::error_code failed;
  auto files = fs::directory_iterator(folder, failed);
  if (failed == std::errc::no_such_file_or_directory)
    return false;
  if (failed)
    return io_error("look into", folder, failed.value());
  return std::any_of(begin(files), end(files), [](const fs::directory_entry& file) { return file.path().filename() != "lock"; });
}

error changed(const std::string& path) {
  return {error_code::corrupt, "file " + path + " of the backup is not what its manifest says; use another backup"};
}

result<void> rename_to_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0)
    return io_error("rename to " + to.string() + " the folder", from, errno);
  return {};
}

/// Moves `fresh` to `place`, and what is there to `aside`. A process that dies meanwhile leaves the old one or the new one in place, or, where folders can't
/// be exchanged, the old one aside.
result<void> replace_folder(const fs::path& fresh, const fs::path& place, const fs::path& aside) {
  if (auto moved = rename_to_new(fresh, aside); !moved)
    return moved;
  if (::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0)
    return {};
  std::error_code failed;
  fs::rename(aside, fresh, failed);
  if (auto moved = rename_to_new(place, aside); !moved)
    return moved;
  auto moved = rename_to_new(fresh, place);
  if (!moved)
    fs::rename(aside, place, failed);
  return moved;
}

/// "20261124T103319Z", which may be part of a file's name.
std::string compact(const std::string& utc) {
  std::string text;
  for (char c : utc.substr(0, utc.find('.')))
    if (c != '-' && c != ':')
      text += c;
  return text + "Z";
}

} // namespace

restore_job::restore_job(fs::path backup, fs::path target, backup_manifest manifest)
  : backup_(std::move(backup)), target_(std::move(target)), manifest_(std::move(manifest)) {}

restore_job::~restore_job() {
  copying_.reset();
  std::error_code failed;
  if (folder_ && !in_place_)
    fs::remove_all(partial(), failed);
}

result<std::unique_ptr<restore_job>> restore_job::begin(const fs::path& backup, const fs::path& target, bool replace) {
  auto manifest = read_backup_manifest(backup);
  if (!manifest)
    return manifest.failure();
  auto place = place_of(target);
  if (!place)
    return place.failure();
  if (auto good = check_target(*place, backup); !good)
    return good.failure();
  std::unique_ptr<restore_job> job(new restore_job(backup, *place, std::move(manifest).value()));
  auto held = holds_something(job->target_);
  if (!held)
    return held.failure();
  std::error_code failed;
  if (fs::exists(job->target_ / "lock", failed) || (replace && *held)) {
    auto old = data_folder::open(job->target_);
    if (!old)
      return old.failure();
    job->replaced_.emplace(std::move(old).value());
  }
  if (*held && !replace)
    return error{error_code::already_exists, "data folder " + job->target_.string()
                                                 + " is not empty; name another with --data, or move it aside with --replace"};
  if (auto made = job->make_folders(); !made)
    return made.failure();
  return job;
}

result<void> restore_job::make_folders() {
  auto made = data_folder::open(partial());
  if (!made)
    return made.failure();
  folder_.emplace(std::move(made).value());
  std::error_code failed;
  for (const auto* name : {"store", "blobs"}) {
    fs::remove_all(partial() / name, failed); // of a restore that was cut short
    if (!fs::create_directory(partial() / name, failed))
      return io_error("make", partial() / name, failed ? failed.value() : EEXIST);
  }
  return check_room(partial(), manifest_.bytes() + spared_bytes);
}

result<bool> restore_job::step() {
  if (files_done_ == manifest_.files.size())
    return true;
  const auto& file = manifest_.files[files_done_];
  if (!copying_) {
    auto begun = file_copy::begin(backup_ / file.path, partial() / file.path);
    std::error_code failed;
    if (!begun && !fs::exists(backup_ / file.path, failed))
      return changed(file.path);
    if (!begun)
      return begun.failure();
    copying_.emplace(std::move(begun).value());
  }
  auto copied = copying_->step(step_bytes);
  if (!copied)
    return copied.failure();
  if (copying_->bytes() > file.bytes)
    return changed(file.path);
  if (*copied)
    if (auto good = check_file(); !good)
      return good.failure();
  return files_done_ == manifest_.files.size();
}

result<void> restore_job::check_file() {
  const auto& file = manifest_.files[files_done_];
  if (copying_->bytes() != file.bytes || copying_->sha256_hex() != file.sha256)
    return changed(file.path);
  bytes_checked_ += file.bytes;
  copying_.reset();
  ++files_done_;
  return {};
}

result<fs::path> restore_job::put_in_place(wall_time now) {
  for (const auto& folder : {partial() / "store", partial() / "blobs", partial()})
    if (auto synced = sync_folder(folder); !synced)
      return synced.failure();
  fs::path aside;
  auto held = holds_something(target_);
  if (!held)
    return held.failure();
  std::error_code failed;
  if (*held) {
    aside = target_.string() + ".before-restore-" + compact(utc_text(now));
  } else {
    fs::remove(target_ / "lock", failed);
    fs::remove(target_, failed);
  }
  if (auto moved = aside.empty() ? rename_to_new(partial(), target_) : replace_folder(partial(), target_, aside); !moved)
    return moved.failure();
  in_place_ = true;
  if (auto synced = sync_folder(target_.parent_path()); !synced)
    return synced.failure();
  return aside;
}

} // namespace troupe
