#pragma once

#include "actors/environment.hpp"
#include "storage/assignment_store.hpp"
#include "storage/blob_store.hpp"
#include "storage/state_store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace troupe {

struct keeper_options {
  const clock& time;
  state_store& state; ///< outlives the actor system, as do the others
  blob_store& blobs;
  assignment_store& assignments;
};

/// Keeps what must survive. It blocks on the disk, so a node spawns it detached.
///
///     keeping
class keeper_state {
public:
  using self_pointer = keeper_actor::stateful_pointer<keeper_state>;

  /// Uploads under way at once.
  static constexpr std::size_t uploads_max = 64;
  /// An artifact that was uploaded or asked for is not collected for so long: a deploy may be about to name it.
  static constexpr std::chrono::minutes spared_for{10};
  /// Bytes of an artifact that one question gets, however many it asks for.
  static constexpr std::uint32_t piece_bytes_max = 1 << 20;

  explicit keeper_state(self_pointer self) : self_(self) {}

  keeper_actor::behavior_type keeping(keeper_options options);

  std::string name = "keeper"; ///< where CAF looks for it

private:
  struct upload {
    std::unique_ptr<blob_writer> writer;
    std::string sha256;
    bool resumes = false;
  };

  caf::result<stored_deployment> on_load(const load_deployment& ask);
  caf::result<name_list> on_list();
  caf::result<saved> on_save(const save_change& ask);
  caf::result<upload_ticket> on_begin(const begin_upload& ask);
  caf::result<done> on_chunk(const upload_chunk& ask);
  caf::result<done> on_finish(const finish_upload& ask);
  caf::result<done> on_find(const find_artifact& ask);
  caf::result<done> on_forget(const forget_deployment& ask);
  caf::result<done> on_keep_assignment(const keep_assignment& ask);
  caf::result<kept_assignment> on_load_assignment();
  void on_collect();
  /// Once nothing that is spared now is spared any more.
  void collect_later();
  /// Whether the artifacts of the versions that begin with this change are there.
  result<void> check_artifacts(const state_change& change) const;
  /// The hashes that versions name, and what the node was told to run.
  result<std::set<std::string>> needed_artifacts() const;
  /// What of an artifact is there in part, though nobody fetches it.
  std::vector<std::string> left_parts() const;
  /// Removes each by `remove` that isn't needed; those that are spared, later.
  void collect(const std::vector<std::string>& there, const std::set<std::string>& needed,
               result<void> (blob_store::*remove)(const std::string&) const);
  /// The upload of this artifact that resumes; 0: none is under way.
  std::uint64_t resumed(const std::string& sha256) const;
  void spare(const std::string& hash) { spared_[hash] = options_->time.now() + spared_for; }
  caf::result<artifact> on_open(const open_artifact& ask);
  caf::result<artifact_piece> on_read(const read_artifact& ask);
  actor_status status() const;

  self_pointer self_;
  std::optional<keeper_options> options_;
  steady_time since_{};
  std::map<std::uint64_t, upload> uploads_;
  std::uint64_t last_ticket_ = 0;
  std::map<std::string, steady_time> spared_; ///< until when
  bool collection_is_due_ = false;            ///< a collect_artifacts is under way
};

keeper_actor::behavior_type keeper(keeper_state::self_pointer self, keeper_options options);

} // namespace troupe
