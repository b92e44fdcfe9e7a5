#include "actors/keeper.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

caf::error refusal(const error& why) {
  return make_error(why.code, why.message);
}

error no_artifact(const std::string& hash) {
  return {error_code::not_found, "this node has no artifact " + hash.substr(0, 64) + "; upload it first"};
}

error no_upload() {
  return {error_code::not_found, "this upload is not under way any more; begin it again"};
}

} // namespace

keeper_actor::behavior_type keeper_state::keeping(keeper_options options) {
  options_.emplace(options);
  since_ = options_->time.now();
  if (auto there = options_->blobs.list()) // somebody may have uploaded them just before the node was started again
    for (const auto& hash : *there)
      spare(hash);
  for (const auto& hash : left_parts()) { // somebody may be about to fetch the rest
    spare(hash);
    collect_later();
  }
  return {
      [this](get_status) { return status(); },
      [](await_ready) { return ready{}; },
      [this](const load_deployment& ask) { return on_load(ask); },
      [this](const list_names&) { return on_list(); },
      [this](const save_change& ask) { return on_save(ask); },
      [this](const forget_deployment& ask) { return on_forget(ask); },
      [this](collect_artifacts) { on_collect(); },
      [this](const begin_upload& ask) { return on_begin(ask); },
      [this](const upload_chunk& ask) { return on_chunk(ask); },
      [this](const finish_upload& ask) { return on_finish(ask); },
      [this](const drop_upload& ask) { uploads_.erase(ask.id); },
      [this](const find_artifact& ask) { return on_find(ask); },
      [this](const open_artifact& ask) { return on_open(ask); },
      [this](const read_artifact& ask) { return on_read(ask); },
      [this](const keep_assignment& ask) { return on_keep_assignment(ask); },
      [this](load_assignment) { return on_load_assignment(); },
  };
}

caf::result<stored_deployment> keeper_state::on_load(const load_deployment& ask) {
  auto record = options_->state.deployment(ask.name);
  if (!record)
    return refusal(record.failure());
  if (!record->has_value())
    return make_error(error_code::not_found, "no deployment '" + ask.name + "'");
  auto versions = options_->state.versions(ask.name);
  if (!versions)
    return refusal(versions.failure());
  return stored_deployment{**record, std::move(*versions)};
}

caf::result<name_list> keeper_state::on_list() {
  auto names = options_->state.names();
  if (!names)
    return refusal(names.failure());
  return name_list{std::move(*names)};
}

caf::result<done> keeper_state::on_forget(const forget_deployment& ask) {
  if (auto forgotten = options_->state.forget(ask.name); !forgotten)
    return refusal(forgotten.failure());
  return done{};
}

caf::result<saved> keeper_state::on_save(const save_change& ask) {
  if (auto there = check_artifacts(ask.change); !there)
    return refusal(there.failure());
  auto revision = options_->state.commit(ask.change);
  if (!revision)
    return refusal(revision.failure());
  return saved{*revision};
}

caf::result<upload_ticket> keeper_state::on_begin(const begin_upload& ask) {
  spare(ask.sha256);
  if (options_->blobs.has(ask.sha256))
    return upload_ticket{0};
  if (ask.resumes)
    uploads_.erase(resumed(ask.sha256)); // whoever began it is gone
  if (uploads_.size() >= uploads_max)
    return make_error(error_code::overloaded, std::to_string(uploads_max) + " uploads are under way; retry later");
  auto writer = ask.resumes ? options_->blobs.resume(ask.sha256, ask.bytes) : options_->blobs.begin(ask.sha256, ask.bytes);
  if (!writer)
    return refusal(writer.failure());
  auto offset = (*writer)->bytes();
  uploads_[++last_ticket_] = {std::move(*writer), ask.sha256, ask.resumes};
  auto forget = [me = caf::actor_cast<keeper_actor>(self_), id = last_ticket_](void*) { caf::anon_send(me, drop_upload{id}); };
  return upload_ticket{last_ticket_, std::shared_ptr<void>(nullptr, forget), offset};
}

std::uint64_t keeper_state::resumed(const std::string& sha256) const {
  auto found = std::find_if(uploads_.begin(), uploads_.end(),
                            [&sha256](const auto& each) { return each.second.resumes && each.second.sha256 == sha256; });
  return found == uploads_.end() ? 0 : found->first;
}

caf::result<done> keeper_state::on_chunk(const upload_chunk& ask) {
  auto found = uploads_.find(ask.id);
  if (found == uploads_.end())
    return refusal(no_upload());
  auto written = found->second.writer->write(ask.bytes->data(), ask.bytes->size());
  if (written)
    return done{};
  uploads_.erase(found);
  return refusal(written.failure());
}

caf::result<done> keeper_state::on_finish(const finish_upload& ask) {
  auto found = uploads_.find(ask.id);
  if (found == uploads_.end())
    return refusal(no_upload());
  spare(found->second.sha256); // it may have been long on its way
  auto finished = found->second.writer->finish();
  uploads_.erase(found);
  collect_later(); // it may lead to nothing
  if (!finished)
    return refusal(finished.failure());
  return done{};
}

caf::result<done> keeper_state::on_find(const find_artifact& ask) {
  if (!options_->blobs.has(ask.sha256))
    return refusal(no_artifact(ask.sha256));
  spare(ask.sha256);
  return done{};
}

result<void> keeper_state::check_artifacts(const state_change& change) const {
  for (const auto& version : change.put_versions) {
    if (version.state != version_state::validating)
      continue;
    for (const auto& hash : {version.artifact_sha256, version.golden_sha256})
      if (!hash.empty() && !options_->blobs.has(hash))
        return no_artifact(hash);
  }
  return {};
}

result<std::set<std::string>> keeper_state::needed_artifacts() const {
  auto names = options_->state.names();
  if (!names)
    return names.failure();
  std::set<std::string> needed;
  for (const auto& deployment : *names) {
    auto versions = options_->state.versions(deployment);
    if (!versions)
      return versions.failure();
    for (const auto& version : *versions)
      needed.insert({version.artifact_sha256, version.golden_sha256});
  }
  auto kept = options_->assignments.load();
  if (!kept)
    return kept.failure();
  if (*kept)
    for (const auto& pool : (*kept)->pools)
      needed.insert({pool.artifact_sha256, pool.golden_sha256});
  return needed;
}

caf::result<done> keeper_state::on_keep_assignment(const keep_assignment& ask) {
  if (auto saved = options_->assignments.save(ask.what); !saved)
    return refusal(saved.failure());
  collect_later(); // it may not need what the one before needed
  return done{};
}

caf::result<kept_assignment> keeper_state::on_load_assignment() {
  auto kept = options_->assignments.load();
  if (!kept)
    return refusal(kept.failure());
  return kept_assignment{std::move(*kept)};
}

std::vector<std::string> keeper_state::left_parts() const {
  auto parts = options_->blobs.list_partial();
  if (!parts)
    return {};
  auto fetched = [this](const std::string& hash) { return resumed(hash) != 0; };
  parts->erase(std::remove_if(parts->begin(), parts->end(), fetched), parts->end());
  return std::move(*parts);
}

void keeper_state::on_collect() {
  collection_is_due_ = false;
  auto needed = needed_artifacts();
  auto there = options_->blobs.list();
  if (!needed || !there)
    return; // what can't be read may need any of them
  auto now = options_->time.now();
  for (auto it = spared_.begin(); it != spared_.end();)
    it = it->second <= now ? spared_.erase(it) : std::next(it);
  collect(*there, *needed, &blob_store::remove);
  collect(left_parts(), *needed, &blob_store::remove_partial);
}

void keeper_state::collect(const std::vector<std::string>& there, const std::set<std::string>& needed,
                           result<void> (blob_store::*remove)(const std::string&) const) {
  for (const auto& hash : there) {
    if (needed.count(hash) != 0)
      continue;
    if (spared_.count(hash) != 0)
      collect_later();
    else
      (void)(options_->blobs.*remove)(hash).ok(); // if not now, the next time
  }
}

void keeper_state::collect_later() {
  if (!std::exchange(collection_is_due_, true))
    self_->delayed_send(caf::actor_cast<keeper_actor>(self_), spared_for, collect_artifacts{});
}

caf::result<artifact> keeper_state::on_open(const open_artifact& ask) {
  auto file = options_->blobs.open_verified(ask.sha256);
  if (!file && file.failure().code == error_code::corrupt)
    (void)options_->blobs.set_aside(ask.sha256).ok(); // the next upload brings it again
  if (!file)
    return refusal(file.failure());
  return artifact{std::make_shared<unique_fd>(std::move(*file))};
}

caf::result<artifact_piece> keeper_state::on_read(const read_artifact& ask) {
  auto piece = options_->blobs.read(ask.sha256, ask.offset, std::min(ask.bytes, piece_bytes_max));
  if (!piece)
    return refusal(piece.failure());
  spare(ask.sha256);
  return artifact_piece{piece->total_bytes, std::make_shared<const std::string>(std::move(piece->bytes))};
}

actor_status keeper_state::status() const {
  actor_status own;
  own.kind = "keeper";
  own.state = "keeping";
  own.since = since_;
  own.detail = std::to_string(uploads_.size()) + " uploads under way";
  return own;
}

keeper_actor::behavior_type keeper(keeper_state::self_pointer self, keeper_options options) {
  return self->state.keeping(options);
}

} // namespace troupe
