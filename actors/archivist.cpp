#include "actors/archivist.hpp"

#include "runtime/base/units.hpp"

#include <utility>

namespace troupe {

archivist_state::behavior_type archivist_state::begin(archivist_options options) {
  options_.emplace(std::move(options));
  since_ = options_->time.now();
  if (options_->yield_to_others)
    options_->yield_to_others();
  return idle();
}

archivist_state::behavior_type archivist_state::idle() {
  return {
      [this](get_status) { return status("idle"); },
      [](await_ready) { return ready{}; },
      [this](const make_backup& ask) { return on_make(ask); },
      [](copy_on) {},
  };
}

archivist_state::behavior_type archivist_state::copying() {
  return {
      [this](get_status) { return status("copying"); },
      [](await_ready) { return ready{}; },
      [this](const make_backup&) -> caf::result<backup_made> {
        return make_error(error_code::failed_precondition,
                          "a backup into " + job_->target().string() + " is being made; try again once it is there");
      },
      [this](copy_on) { on_copy(); },
  };
}

caf::result<backup_made> archivist_state::on_make(const make_backup& ask) {
  if (options_->worth_it)
    if (auto good = options_->worth_it(); !good)
      return make_error(good.failure().code, good.failure().message);
  begun_ = options_->time.now();
  auto begun = backup_job::begin(options_->source, ask.folder, options_->time.wall_now());
  if (!begun)
    return failure_of(ask.folder, begun.failure());
  job_ = std::move(begun).value();
  answer_ = self_->make_response_promise<backup_made>();
  self_->become(copying());
  self_->send(self_, copy_on{});
  return answer_;
}

void archivist_state::on_copy() {
  auto stepped = job_->step();
  if (!stepped)
    fail(stepped.failure());
  else if (*stepped)
    finish();
  else
    self_->send(self_, copy_on{});
}

void archivist_state::finish() {
  auto made = std::exchange(job_, nullptr);
  emit(severity::info, "backup_made",
       {{"folder", made->target().string()},
        {"files", std::to_string(made->files())},
        {"bytes", std::to_string(made->bytes_done())},
        {"after_ms", std::to_string((options_->time.now() - begun_) / std::chrono::milliseconds(1))}});
  self_->become(idle());
  answer_.deliver(backup_made{made->target().string(), static_cast<std::uint32_t>(made->files()), made->bytes_done()});
}

void archivist_state::fail(const error& why) {
  auto folder = std::exchange(job_, nullptr)->target().string();
  self_->become(idle());
  answer_.deliver(failure_of(folder, why));
}

/// What the person's command line made impossible is no event of the node's.
caf::error archivist_state::failure_of(const std::string& folder, const error& why) {
  if (why.code != error_code::invalid_argument && why.code != error_code::already_exists)
    emit(severity::error, "backup_failed", {{"folder", folder}, {"reason", why.message}});
  return make_error(why.code, why.message);
}

void archivist_state::emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields) {
  options_->events.emit({options_->time.wall_now(), level, event_name, std::move(fields), "archivist"});
}

actor_status archivist_state::status(const char* state) const {
  actor_status own;
  own.kind = "archivist";
  own.state = state;
  own.since = since_;
  if (job_)
    own.detail = human_size(job_->bytes_done()) + " of " + human_size(job_->bytes_total()) + " into " + job_->target().string();
  return own;
}

archivist_state::behavior_type archivist(archivist_state::self_pointer self, archivist_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
