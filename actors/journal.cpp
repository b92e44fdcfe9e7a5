#include "actors/journal.hpp"

namespace troupe {

journal_state::~journal_state() {
  write();
}

journal_state::behavior_type journal_state::keeping(journal_options options) {
  options_.emplace(options);
  since_ = options_->time.now();
  return {
      [this](get_status) { return status(); },
      [](await_ready) { return ready{}; },
      [this](const note_event& note) { on_note(note.what); },
      [this](const query_events& ask) { return on_query(ask); },
      [this](try_again) {
        write_is_due_ = false;
        write();
        write_later();
      },
  };
}

void journal_state::on_note(const event& what) {
  waiting_.push_back(what);
  if (waiting_.size() >= batch_max && last_failure_.empty())
    write();
  write_later();
}

void journal_state::write_later() {
  if (waiting_.empty() || write_is_due_)
    return;
  write_is_due_ = true;
  self_->delayed_send(self_, batch_delay, try_again{});
}

caf::result<event_list> journal_state::on_query(const query_events& ask) {
  write();
  auto found = options_->log.read(ask.limit, ask.since, ask.deployment, ask.after);
  if (!found)
    return make_error(found.failure().code, found.failure().message);
  return event_list{std::move(*found)};
}

void journal_state::write() {
  if (waiting_.empty())
    return;
  auto written = options_->log.append(waiting_);
  last_failure_ = written ? "" : written.failure().message;
  if (written) {
    waiting_.clear();
  } else if (waiting_.size() > waiting_max) {
    lost_ += waiting_.size() - waiting_max;
    waiting_.erase(waiting_.begin(), waiting_.end() - waiting_max);
  }
}

actor_status journal_state::status() const {
  actor_status own;
  own.kind = "journal";
  own.state = "keeping";
  own.since = since_;
  own.detail = last_failure_;
  if (lost_ > 0)
    own.detail += "; " + std::to_string(lost_) + " events were lost";
  return own;
}

journal_state::behavior_type journal(journal_state::self_pointer self, journal_options options) {
  return self->state.keeping(options);
}

} // namespace troupe
