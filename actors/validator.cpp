#include "actors/validator.hpp"

#include "actors/errors.hpp"
#include "actors/fetcher.hpp"
#include "runtime/oip/golden_json.hpp"

#include <caf/send.hpp>
#include <caf/skip.hpp>

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace troupe {

namespace {

/// All of a file, which has at most `bytes_max` bytes.
result<std::string> read_all(int fd, std::uint64_t bytes_max) {
  struct stat about{};
  if (::fstat(fd, &about) != 0)
    return error{error_code::io_failed, "golden.json can't be read on this node"};
  if (static_cast<std::uint64_t>(about.st_size) > bytes_max)
    return error{error_code::invalid_argument, "golden.json has " + std::to_string(about.st_size) + " bytes; at most "
                                                   + std::to_string(bytes_max) + " are taken"};
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    auto got = ::pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (got <= 0)
      return error{error_code::io_failed, "golden.json can't be read on this node"};
    done += static_cast<std::size_t>(got);
  }
  return text;
}

/// Whether it may go better another time, without anybody changing the version.
bool may_pass(const error& why) {
  return why.code == error_code::unavailable || why.code == error_code::io_failed || why.code == error_code::deadline_exceeded;
}

} // namespace

result<std::shared_ptr<const golden_set>> read_golden(const artifact& file, const model_spec& spec) {
  auto text = read_all(file.file->get(), golden_bytes_max);
  if (!text)
    return text.failure();
  auto golden = parse_golden(*text, "golden.json", spec);
  if (!golden)
    return golden.failure();
  return std::shared_ptr<const golden_set>(std::make_shared<golden_set>(std::move(*golden)));
}

validator_state::~validator_state() {
  let_go();
}

// -- states -----------------------------------------------------------------------------------------------------------------------

validator_state::behavior_type validator_state::begin(validator_options options) {
  options_.emplace(std::move(options));
  since_ = options_->node.time.now();
  return waiting_for("idle");
}

/// What it waits for differs by state only in name: news that it does not wait for is stale by its attempt.
validator_state::behavior_type validator_state::waiting_for(const char* what) {
  return {
      [this, what](get_status) { return status(what); },
      [](await_ready) { return ready{}; },
      [this](validate) { return on_validate(); },
      [this](const template_up& up) { on_template_up(up); },
      [this](const template_failed& failed) {
        if (failed.attempt == attempt_)
          on_failure(failed.why);
      },
      [this](const template_exited& exited) {
        if (exited.attempt == attempt_)
          on_failure({error_code::unavailable, "the template of the version ended (" + exited.reason + ")"});
      },
      [this](const host_up& up) { on_host_up(up.host); },
      [this](const host_failed& failed) { on_host_lost(failed.why); },
      [](const host_exited&) {}, // its trial tells, with what it was doing
      [this](const trial_ended& ended) { on_trial_ended(ended); },
      [this](try_again) { open_files(); },
  };
}

// -- the way ----------------------------------------------------------------------------------------------------------------------

caf::result<validation> validator_state::on_validate() {
  answer_ = self_->make_response_promise<validation>();
  auto answer = answer_;
  open_files();
  return answer;
}

void validator_state::open_files() {
  self_->become(waiting_for("opening"));
  golden_ == nullptr && !options_->golden_sha256.empty() ? open_golden() : open_model();
}

void validator_state::open_golden() {
  open_fetched(
      self_, options_->node, {options_->golden_sha256, options_->uploaded_to, {}},
      [this](const artifact& file) {
        auto golden = read_golden(file, options_->spec);
        if (!golden)
          return finish(golden.failure());
        golden_ = *golden;
        open_model();
      },
      [this](const error& why) { on_failure(why); });
}

void validator_state::open_model() {
  open_fetched(
      self_, options_->node, {options_->artifact_sha256, options_->uploaded_to, {}},
      [this](const artifact& file) {
        int own = ::fcntl(file.file->get(), F_DUPFD_CLOEXEC, 0);
        own < 0 ? on_failure({error_code::unavailable, "no descriptor is free"}) : load(own);
      },
      [this](const error& why) { on_failure(why); });
}

void validator_state::load(int model_fd) {
  self_->become(waiting_for("loading"));
  auto attempt = ++attempt_;
  auto me = caf::actor_cast<validator_interface>(self_);
  template_events tell;
  tell.ready = [me, attempt](result<std::unique_ptr<version_template>> made) {
    if (made)
      caf::anon_send(me, template_up{attempt, std::shared_ptr<version_template>(std::move(*made))});
    else
      caf::anon_send(me, template_failed{attempt, made.failure()});
  };
  tell.exited = [me, attempt](const std::string& reason) { caf::anon_send(me, template_exited{attempt, reason}); };
  load_began_ = options_->node.time.now();
  load_ = options_->node.hosts.load(options_->id, options_->spec, model_fd, std::move(tell));
}

void validator_state::on_template_up(const template_up& up) {
  if (up.attempt != attempt_)
    return;
  report_.load = options_->node.time.now() - load_began_;
  template_ = up.made;
  fork();
}

void validator_state::fork() {
  self_->become(waiting_for("forking"));
  target_ = std::make_shared<pool>(options_->id, options_->spec, options_->node.time, options_->node.events);
  auto me = caf::actor_cast<validator_interface>(self_);
  replica_events tell;
  tell.ready = [me](result<std::unique_ptr<replica_host>> made) {
    if (made)
      caf::anon_send(me, host_up{std::shared_ptr<replica_host>(std::move(*made))});
    else
      caf::anon_send(me, host_failed{made.failure()});
  };
  tell.exited = [me](const std::string& reason) { caf::anon_send(me, host_exited{reason}); };
  template_->fork_replica(1, target_, std::move(tell));
}

void validator_state::on_host_up(const std::shared_ptr<replica_host>& host) {
  if (template_ == nullptr)
    return; // of an attempt that was given up
  self_->become(waiting_for("trying"));
  host_ = host;
  auto me = caf::actor_cast<validator_interface>(self_);
  start_trial(
      host_->runner(), {options_->spec, golden_, true}, options_->node.time,
      [me, attempt = attempt_](result<trial_report> outcome) { caf::anon_send(me, trial_ended{attempt, std::move(outcome)}); });
}

void validator_state::on_trial_ended(const trial_ended& ended) {
  if (ended.attempt != attempt_)
    return;
  if (!ended.outcome)
    return on_host_lost(ended.outcome.failure());
  report_.cases = ended.outcome->cases;
  report_.slowest = ended.outcome->slowest;
  finish(report_);
}

// -- the end ----------------------------------------------------------------------------------------------------------------------

void validator_state::on_host_lost(error why) {
  if (may_pass(why) && ++deaths_ >= deaths_max)
    why.code = error_code::model_failed; // it can't be chance
  on_failure(why);
}

void validator_state::on_failure(const error& why) {
  if (!may_pass(why))
    return finish(why);
  const auto& id = options_->id;
  options_->node.events.emit({options_->node.time.wall_now(),
                              severity::warn,
                              "validation_put_off",
                              {{"deployment", id.deployment}, {"version", std::to_string(id.number)}, {"reason", why.message}},
                              "validator"});
  let_go();
  ++attempt_;
  auto delay = options_->node.timing.retry_base * (1U << std::min(failures_++, 10U));
  self_->delayed_send(self_, std::min(delay, options_->node.timing.retry_max), try_again{});
}

void validator_state::finish(result<validation> outcome) {
  if (outcome)
    answer_.deliver(std::move(*outcome));
  else
    answer_.deliver(make_error(outcome.failure().code, outcome.failure().message));
  self_->quit();
}

void validator_state::let_go() {
  host_.reset();
  template_.reset();
  load_.reset();
  if (target_ != nullptr)
    target_->close(true);
  target_.reset();
}

actor_status validator_state::status(const char* state) const {
  actor_status own;
  own.kind = "validator";
  own.state = state;
  own.since = since_;
  own.detail = to_string(options_->id);
  return own;
}

validator_state::behavior_type validator(validator_state::self_pointer self, validator_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
