#include "storage/backup.hpp"

#include "runtime/base/units.hpp"
#include "storage/file_io.hpp"
#include "storage/state_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <set>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t step_bytes = 4 << 20;
/// What a backup leaves free on its disk, which may be the node's own.
constexpr std::uint64_t spared_bytes = 16 << 20;

fs::path stage_path(const data_folder& folder) {
  return folder.path() / "backup-stage";
}

/// What RocksDB writes for people, and locks with, is no part of the store.
bool belongs_to_store(const std::string& name) {
  return name.rfind("LOG", 0) != 0 && name != "LOCK";
}

bool needs_artifact(const version_record& version) {
  return version.state != version_state::failed;
}

/// The hashes of the blobs that versions of the store need.
result<std::set<std::string>> needed_blobs(store& records) {
  std::set<std::string> hashes;
  state_store state(records);
  auto deployments = state.deployments();
  if (!deployments)
    return deployments.failure();
  for (const auto& deployment : *deployments) {
    auto versions = state.versions(deployment.name);
    if (!versions)
      return versions.failure();
    for (const auto& version : *versions)
      if (needs_artifact(version))
        hashes.insert({version.artifact_sha256, version.golden_sha256});
  }
  hashes.erase("");
  return hashes;
}

result<void> check_target(const fs::path& target, const fs::path& partial, const data_folder& source) {
  std::error_code failed;
  if (!target.is_absolute())
    return error{error_code::invalid_argument,
                 "a backup goes to an absolute path on the node's machine, found '" + target.string() + "'"};
  if (is_within(target, source.path()))
    return error{error_code::invalid_argument,
                 target.string() + " is in the node's own data folder, and would be lost with it; name a folder elsewhere"};
  if (fs::symlink_status(target, failed).type() != fs::file_type::not_found)
    return error{error_code::already_exists,
                 target.string() + " exists, or can't be looked at; a backup makes a new folder, name another"};
  if (fs::symlink_status(partial, failed).type() != fs::file_type::not_found)
    return error{error_code::already_exists,
                 partial.string() + " exists: the rest of a backup that was cut short; remove it, or name another folder"};
  return {};
}

result<void> make_folder(const fs::path& path) {
  std::error_code failed;
  if (!fs::create_directory(path, failed))
    return io_error("make", path, failed ? failed.value() : EEXIST);
  fs::permissions(path, fs::perms::owner_all, failed);
  if (failed)
    return io_error("make", path, failed.value());
  return {};
}

} // namespace

class backup_job::stage {
public:
  explicit stage(fs::path path) : path_(std::move(path)) {}
  stage(const stage&) = delete;
  ~stage() {
    std::error_code failed; // what is left goes at the node's next start
    fs::remove_all(path_, failed);
  }

  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

backup_job::backup_job(fs::path target, backup_manifest head) : target_(std::move(target)), manifest_(std::move(head)) {}

backup_job::~backup_job() {
  copying_.reset();
  std::error_code failed;
  if (!partial_.empty())
    fs::remove_all(partial_, failed);
}

result<std::unique_ptr<backup_job>> backup_job::begin(const backup_source& source, const fs::path& target, wall_time now) {
  backup_manifest head;
  head.node_id = source.node_id;
  head.software = source.software;
  head.time = utc_text(now);
  std::unique_ptr<backup_job> job(new backup_job(without_last_slash(target), std::move(head)));
  if (auto good = check_target(job->target_, job->target_.string() + ".partial", source.folder); !good)
    return good.failure();
  auto gathered = job->gather(source);
  // An undeploy may take an artifact away between the look at the store and the look at the artifacts.
  for (int again = 0; again < 2 && !gathered && gathered.failure().code == error_code::not_found; ++again)
    gathered = job->gather(source);
  if (!gathered)
    return gathered.failure();
  if (auto room = check_room(job->target_.parent_path(), job->bytes_total_ + spared_bytes); !room)
    return room.failure();
  if (auto made = job->make_folders(); !made)
    return made.failure();
  return job;
}

result<void> backup_job::gather(const backup_source& source) {
  stage_.reset();
  files_.clear();
  bytes_total_ = 0;
  remove_backup_rests(source.folder);
  stage_ = std::make_unique<stage>(stage_path(source.folder));
  if (auto made = make_folder(stage_->path()); !made)
    return made;
  auto copy = source.records.checkpoint(stage_->path() / "store");
  if (!copy)
    return copy.failure();
  if (auto gathered = gather_blobs(source, **copy); !gathered)
    return gathered;
  copy->reset();
  return gather_store();
}

result<void> backup_job::gather_store() {
  std::error_code failed;
  for (const auto& file : fs::directory_iterator(stage_->path() / "store", failed)) {
    auto name = file.path().filename().string();
    if (!file.is_regular_file(failed) || !belongs_to_store(name))
      continue;
    files_.push_back("store/" + name);
    bytes_total_ += file.file_size(failed);
  }
  if (failed)
    return io_error("read", stage_->path() / "store", failed.value());
  std::sort(files_.begin(), files_.end());
  return {};
}

result<void> backup_job::gather_blobs(const backup_source& source, store& copy) {
  if (auto made = make_folder(stage_->path() / "blobs"); !made)
    return made;
  auto hashes = needed_blobs(copy);
  if (!hashes)
    return hashes.failure();
  for (const auto& hash : *hashes) {
    auto path = "blobs/" + hash;
    std::error_code failed;
    fs::create_hard_link(source.folder.path() / path, stage_->path() / path, failed);
    if (failed == std::errc::no_such_file_or_directory)
      return error{error_code::not_found,
                   "artifact " + hash + " is missing from the data folder; deploy what uses it again, or undeploy it"};
    if (failed)
      return io_error("link", source.folder.path() / path, failed.value());
    files_.push_back(path);
    bytes_total_ += fs::file_size(stage_->path() / path, failed);
  }
  return {};
}

result<void> backup_job::make_folders() {
  fs::path partial = target_.string() + ".partial";
  if (auto made = make_folder(partial); !made)
    return made;
  partial_ = partial;
  for (const auto* name : {"store", "blobs"})
    if (auto made = make_folder(partial_ / name); !made)
      return made;
  return {};
}

result<bool> backup_job::step() {
  auto index = manifest_.files.size();
  if (index == files_.size()) {
    if (auto finished = finish(); !finished)
      return finished.failure();
    return true;
  }
  if (!copying_) {
    auto begun = file_copy::begin(stage_->path() / files_[index], partial_ / files_[index]);
    if (!begun)
      return begun.failure();
    copying_.emplace(std::move(begun).value());
  }
  auto copied = copying_->step(step_bytes);
  if (!copied)
    return copied.failure();
  if (*copied)
    if (auto finished = finish_file(); !finished)
      return finished.failure();
  return false;
}

result<void> backup_job::finish_file() {
  const auto& path = files_[manifest_.files.size()];
  auto hash = copying_->sha256_hex();
  if (auto name = fs::path(path).filename().string(); is_sha256(name) && name != hash)
    return error{error_code::corrupt, "artifact " + name
                                          + " is damaged on disk, so the backup would be too; deploy what uses it "
                                            "again, or undeploy it"};
  manifest_.files.push_back({path, copying_->bytes(), hash});
  copying_.reset();
  return {};
}

result<void> backup_job::finish() {
  for (const auto* name : {"store", "blobs"})
    if (auto synced = sync_folder(partial_ / name); !synced)
      return synced;
  if (auto written = write_synced_file(partial_ / backup_manifest::file_name, to_toml(manifest_)); !written)
    return written;
  if (auto synced = sync_folder(partial_); !synced)
    return synced;
  if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0)
    return io_error("rename", partial_, errno);
  partial_.clear();
  stage_.reset();
  return sync_folder(target_.parent_path());
}

void remove_backup_rests(const data_folder& folder) {
  std::error_code failed; // the next backup says if it can't be removed
  fs::remove_all(stage_path(folder), failed);
}

} // namespace troupe
