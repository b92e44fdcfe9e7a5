#include "actors/pool.hpp"

#include "actors/fetcher.hpp"
#include "actors/replica.hpp"
#include "actors/status.hpp"
#include "actors/supervisor.hpp"
#include "actors/validator.hpp"
#include "runtime/base/units.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <fcntl.h>
#include <utility>

namespace troupe {

namespace {

/// On top of load_timeout: the supervisor hears of a start that failed, rather than giving up on it first.
constexpr auto start_margin = std::chrono::seconds(5);

std::string id_text(std::uint64_t number) {
  return std::to_string(number);
}

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

pool_state::~pool_state() {
  if (target_ != nullptr)
    target_->close(true);
}

pool_state::behavior_type pool_state::begin(pool_options options) {
  options_.emplace(std::move(options));
  const auto& node = options_->node;
  since_ = node.time.now();
  has_served_ = options_->proven;
  target_ = std::make_shared<pool>(options_->id, options_->spec, node.time, node.events);
  node.routes.enlist(target_);
  supervisor_options below{node.time, node.events, rng(node.seeds.next())};
  below.name = "replicas";
  below.intensity.restarts_max = 50;
  below.intensity.window = std::chrono::seconds(10);
  below.backoff.base = node.timing.retry_base;
  below.backoff.max = node.timing.retry_max;
  below.backoff.quiet = std::chrono::seconds(1);
  replicas_supervisor_ = self_->spawn<caf::linked>(supervisor, std::move(below));
  self_->set_exit_handler([this](const caf::exit_msg& exit) { on_exit_asked(exit); });
  open_files();
  tell();
  return fetching();
}

pool_state::behavior_type pool_state::fetching() {
  return {
      [this](get_status ask) { return status("fetching", ask.patience); },
      [](await_ready) { return ready{}; },
      [this](const want_host& want) { fork_for(want.from); },
      [this](const replica_changed& changed) { on_replica_changed(changed.info); },
      [](const template_up&) {},
      [](const template_failed&) {},
      [](const template_exited&) {},
      [this](set_replicas ask) { on_set_replicas(ask.wanted); },
      [this](proceed) { may_proceed_ = true; },
      [](look_drained) {},
      [this](try_again) {
        retry_is_due_ = false;
        open_files();
      },
      [this](const fetch_progress& progress) { fetched_ = progress; },
  };
}

pool_state::behavior_type pool_state::loading() {
  return {
      [this](get_status ask) { return status("loading", ask.patience); },
      [](await_ready) { return ready{}; },
      [this](const want_host& want) { fork_for(want.from); },
      [this](const replica_changed& changed) { on_replica_changed(changed.info); },
      [this](const template_up& up) { on_template_up(up); },
      [this](const template_failed& failed) { on_template_failed(failed); },
      [this](const template_exited& exited) { on_template_exited(exited); },
      [this](set_replicas ask) { on_set_replicas(ask.wanted); },
      [this](proceed) { may_proceed_ = true; },
      [](look_drained) {},
      [this](try_again) {
        retry_is_due_ = false;
        if (load_ == nullptr)
          load();
      },
      [](const fetch_progress&) {},
  };
}

pool_state::behavior_type pool_state::loaded() {
  return {
      [this](get_status ask) { return status("loaded", ask.patience); },
      [](await_ready) { return ready{}; },
      [this](const want_host& want) { fork_for(want.from); },
      [this](const replica_changed& changed) { on_replica_changed(changed.info); },
      [](const template_up&) {},
      [](const template_failed&) {},
      [this](const template_exited& exited) { on_template_exited(exited); },
      [this](set_replicas ask) { on_set_replicas(ask.wanted); },
      [this](proceed) {
        may_proceed_ = true;
        proceed_now();
      },
      [](look_drained) {},
      [this](try_again) { retry_is_due_ = false; },
      [](const fetch_progress&) {},
  };
}

pool_state::behavior_type pool_state::serving() {
  return {
      [this](get_status ask) { return status("serving", ask.patience); },
      [](await_ready) { return ready{}; },
      [this](const want_host& want) { fork_for(want.from); },
      [this](const replica_changed& changed) { on_replica_changed(changed.info); },
      [](const template_up&) {},
      [](const template_failed&) {},
      [this](const template_exited& exited) { on_template_exited(exited); },
      [this](set_replicas ask) { on_set_replicas(ask.wanted); },
      [](proceed) {},
      [](look_drained) {},
      [this](try_again) {
        retry_is_due_ = false;
        adjust();
        replace_next();
      },
      [](const fetch_progress&) {},
  };
}

pool_state::behavior_type pool_state::draining() {
  return {
      [this](get_status ask) { return status("draining", ask.patience); },
      [](await_ready) -> caf::result<ready> { return make_error(error_code::unavailable, "the pool is draining"); },
      [this](const want_host& want) { fork_for(want.from); },
      [this](const replica_changed& changed) { on_replica_changed(changed.info); },
      [](const template_up&) {},
      [](const template_failed&) {},
      [](const template_exited&) {},
      [](set_replicas) {},
      [](proceed) {},
      [this](look_drained) { quit_when_quiet(); },
      [](try_again) {},
      [](const fetch_progress&) {},
  };
}

// -- the files --------------------------------------------------------------------------------------------------------------------

void pool_state::open_files() {
  golden_ == nullptr && !options_->golden_sha256.empty() ? open_golden() : open_model();
}

void pool_state::open_golden() {
  open_fetched(
      self_, options_->node, {options_->golden_sha256, {}, caf::actor_cast<fetch_listener>(self_)},
      [this](const artifact& opened) {
        auto golden = read_golden(opened, options_->spec);
        if (!golden)
          return on_no_artifact(golden.failure());
        golden_ = *golden;
        open_model();
      },
      [this](const error& why) { on_no_artifact(why); });
}

void pool_state::open_model() {
  open_fetched(
      self_, options_->node, {options_->artifact_sha256, {}, caf::actor_cast<fetch_listener>(self_)},
      [this](const artifact& opened) {
        model_ = opened.file;
        not_fetched_why_.clear();
        self_->become(loading());
        tell();
        load();
      },
      [this](const error& why) { on_no_artifact(why); });
}

/// On a node of a cluster a file that no node has just now may come yet.
void pool_state::on_no_artifact(const error& why) {
  bool lost = why.code == error_code::not_found || why.code == error_code::corrupt;
  bool hopeless = why.code == error_code::invalid_argument || (lost && options_->node.network == nullptr);
  if (hopeless && serving_count() == 0)
    return give_up(why);
  if (std::exchange(not_fetched_why_, why.message)
      != why.message) // replicas that serve live on; whoever uploads it again mends it
    emit(lost ? severity::error : severity::warn, lost ? "artifact_lost" : "artifact_missing", {{"reason", why.message}});
  try_later();
}

// -- the template -----------------------------------------------------------------------------------------------------------------

void pool_state::load() {
  unique_fd own_copy(::fcntl(model_->get(), F_DUPFD_CLOEXEC, 0));
  if (!own_copy)
    return try_later();
  auto attempt = ++attempt_;
  auto me = caf::actor_cast<pool_actor>(self_);
  template_events tell;
  tell.ready = [me, attempt](result<std::unique_ptr<version_template>> made) {
    if (made)
      caf::anon_send(me, template_up{attempt, std::shared_ptr<version_template>(std::move(*made))});
    else
      caf::anon_send(me, template_failed{attempt, made.failure()});
  };
  tell.exited = [me, attempt](const std::string& reason) { caf::anon_send(me, template_exited{attempt, reason}); };
  load_ = options_->node.hosts.load(options_->id, options_->spec, own_copy.release(), std::move(tell));
}

void pool_state::on_template_up(const template_up& up) {
  if (up.attempt != attempt_)
    return;
  failures_in_a_row_ = 0;
  template_ = up.made;
  emit(severity::info, "version_loaded", {{"pid", std::to_string(template_->pid())}});
  self_->become(loaded());
  if (may_proceed_)
    proceed_now();
  tell();
}

void pool_state::proceed_now() {
  self_->become(serving());
  for (const auto& from : std::exchange(waiting_for_host_, {}))
    fork_for(from);
  adjust();
  replace_next();
  tell();
}

void pool_state::on_template_failed(const template_failed& failed) {
  if (failed.attempt != attempt_)
    return;
  load_.reset();
  emit(severity::warn, "version_not_loaded", {{"reason", failed.why.message}});
  if (failed.why.code == error_code::invalid_argument && !has_served_)
    give_up(failed.why);
  else
    try_later();
}

void pool_state::on_template_exited(const template_exited& exited) {
  if (exited.attempt != attempt_)
    return;
  emit(severity::warn, "template_lost", {{"reason", exited.reason}});
  template_.reset();
  load_.reset();
  model_.reset(); // it is verified again before it is loaded again
  to_replace_.clear();
  for (const auto& [number, info] : replicas_)
    to_replace_.push_back(number);
  replacement_ = 0;
  self_->become(fetching());
  try_later(); // not at once: one that always dies as soon as it is up must not keep the node busy
}

void pool_state::try_later() {
  if (std::exchange(retry_is_due_, true))
    return;
  auto delay = options_->node.timing.retry_base * (1U << std::min(failures_in_a_row_++, 10U));
  self_->delayed_send(self_, std::min(delay, options_->node.timing.retry_max), try_again{});
}

// -- replicas ---------------------------------------------------------------------------------------------------------------------

void pool_state::on_set_replicas(std::uint32_t wanted) {
  if (wanted == options_->wanted)
    return;
  options_->wanted = wanted;
  if (template_ != nullptr && may_proceed_)
    adjust();
  tell();
}

void pool_state::fork_for(const host_listener& from) {
  if (template_ == nullptr) {
    waiting_for_host_.push_back(from);
    return;
  }
  replica_events tell;
  tell.ready = [from](result<std::unique_ptr<replica_host>> made) {
    if (made)
      caf::anon_send(from, host_up{std::shared_ptr<replica_host>(std::move(*made))});
    else
      caf::anon_send(from, host_failed{made.failure()});
  };
  tell.exited = [from](const std::string& reason) { caf::anon_send(from, host_exited{reason}); };
  template_->fork_replica(++last_host_, target_, std::move(tell));
}

void pool_state::on_replica_changed(const replica_info& info) {
  auto found = replicas_.find(info.number);
  if (found == replicas_.end())
    return;
  auto restarts =
      found->second.restarts + (info.phase == replica_phase::starting && found->second.since != wall_time{} ? 1U : 0U);
  found->second = info;
  found->second.restarts = restarts;
  if (options_->node.events.shows_debug("pool"))
    emit(severity::debug, "replica_moved",
         {{"replica", id_text(info.number)}, {"state", to_string(info.phase)}, {"pid", std::to_string(info.pid)}});
  if (info.phase == replica_phase::serving && restarts > 0)
    emit(severity::info, "replica_back", {{"replica", id_text(info.number)}, {"restarts", std::to_string(restarts)}});
  tell();
}

void pool_state::adjust() {
  while (replicas_.size() < options_->wanted)
    start_replica();
  while (replicas_.size() > options_->wanted + (replacement_ == 0 ? 0U : 1U))
    stop_one();
}

void pool_state::start_replica() {
  auto number = ++last_replica_;
  replicas_[number].number = number;
  child_spec spec;
  spec.id = id_text(number);
  spec.kind = "replica";
  spec.ready_deadline = options_->spec.load_timeout + start_margin;
  spec.shutdown.grace = options_->spec.batch_timeout + start_margin;
  auto me = caf::actor_cast<pool_actor>(self_);
  spec.start = [&node = options_->node, me, target = target_, number,
                golden = golden_](caf::local_actor& parent) -> supervised_actor {
    return parent.spawn(replica, replica_options{node, me, target, number, golden});
  };
  self_->request(replicas_supervisor_, spec.ready_deadline + start_margin, start_child{std::move(spec)})
      .then([this, number](const child_up&) { on_replica_started(number); },
            [this, number](const caf::error& reason) { on_replica_not_started(number, to_error(reason)); });
}

void pool_state::stop_replica(std::uint64_t number) {
  forget(number);
  auto patience = options_->spec.batch_timeout + 4 * start_margin;
  self_->request(replicas_supervisor_, patience, stop_child{id_text(number)})
      .then([](const child_down&) {}, [](const caf::error&) {});
  tell();
}

/// The newest, of those that don't serve yet if there are any.
void pool_state::stop_one() {
  if (!to_replace_.empty())
    return stop_replica(to_replace_.front());
  auto newest = std::find_if(replicas_.rbegin(), replicas_.rend(),
                             [](const auto& each) { return each.second.phase != replica_phase::serving; });
  stop_replica(newest == replicas_.rend() ? replicas_.rbegin()->first : newest->first);
}

bool pool_state::forget(std::uint64_t number) {
  bool ends_replacement = number == replacement_ || (!to_replace_.empty() && number == to_replace_.front());
  if (ends_replacement)
    replacement_ = 0;
  to_replace_.erase(std::remove(to_replace_.begin(), to_replace_.end(), number), to_replace_.end());
  return replicas_.erase(number) != 0;
}

void pool_state::on_replica_started(std::uint64_t number) {
  failures_in_a_row_ = 0;
  if (number == replacement_)
    stop_one();
  replace_next();
}

void pool_state::on_replica_not_started(std::uint64_t number, const error& why) {
  if (!forget(number))
    return; // it was stopped while it started
  tell();
  emit(severity::warn, "replica_not_started", {{"replica", id_text(number)}, {"reason", why.message}});
  try_later();
  bool at_fault = why.code == error_code::invalid_argument || why.code == error_code::model_failed;
  if (!has_served_ && (at_fault || failures_in_a_row_ >= first_starts_max))
    give_up(why);
}

void pool_state::replace_next() {
  if (to_replace_.empty() || replacement_ != 0 || template_ == nullptr)
    return;
  start_replica();
  replacement_ = last_replica_;
}

void pool_state::tell() {
  started_ = started_
             || (template_ != nullptr && may_proceed_
                 && count_in({replica_phase::verifying, replica_phase::serving}) >= options_->wanted);
  has_served_ = has_served_ || (may_proceed_ && serving_count() >= options_->wanted);
  self_->send(options_->owner, pool_news{report(), target_});
}

// -- the end ----------------------------------------------------------------------------------------------------------------------

void pool_state::give_up(const error& why) {
  gave_up_ = why;
  tell();
  self_->quit(caf::exit_reason::user_shutdown);
}

void pool_state::on_exit_asked(const caf::exit_msg& exit) {
  if (exit.reason != caf::exit_reason::user_shutdown) {
    self_->quit(exit.reason);
    return;
  }
  target_->close(false);
  drain_until_ = options_->node.time.now() + options_->node.timing.drain_grace;
  self_->become(draining());
  tell();
  quit_when_quiet();
}

void pool_state::quit_when_quiet() {
  auto now = options_->node.time.now();
  target_->expire(now);
  if (target_->quiet() || target_->is_cut_short() || now >= drain_until_)
    self_->quit(caf::exit_reason::user_shutdown);
  else
    self_->delayed_send(self_, options_->node.timing.drain_look, look_drained{});
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

std::uint32_t pool_state::count_in(std::initializer_list<replica_phase> phases) const {
  auto counts = [phases](const auto& each) { return std::find(phases.begin(), phases.end(), each.second.phase) != phases.end(); };
  return static_cast<std::uint32_t>(std::count_if(replicas_.begin(), replicas_.end(), counts));
}

pool_phase pool_state::phase() const {
  if (gave_up_)
    return pool_phase::failed;
  if (drain_until_ != steady_time{})
    return pool_phase::draining;
  if (may_proceed_ && serving_count() > 0)
    return pool_phase::serving;
  if (template_ == nullptr)
    return model_ == nullptr ? pool_phase::fetching : pool_phase::loading;
  return may_proceed_ ? pool_phase::starting : pool_phase::loaded;
}

pool_report pool_state::report() const {
  pool_report told;
  told.phase = phase();
  if (gave_up_)
    told.why = *gave_up_;
  told.wanted = options_->wanted;
  told.loaded = template_ != nullptr;
  told.started = started_;
  told.complete = may_proceed_ && serving_count() >= options_->wanted;
  told.status = {options_->id, target_->count(), {}};
  for (const auto& [number, info] : replicas_)
    told.status.replicas.push_back(info);
  return told;
}

caf::result<actor_status> pool_state::status(const char* state, std::chrono::nanoseconds patience) {
  actor_status own;
  own.kind = "pool";
  own.state = state;
  own.since = since_;
  own.detail = std::to_string(serving_count()) + " of " + std::to_string(options_->wanted) + " replicas serve";
  if (phase() == pool_phase::fetching && fetched_.total_bytes > 0)
    own.detail += "; has " + human_size(fetched_.bytes) + " of " + human_size(fetched_.total_bytes);
  if (!not_fetched_why_.empty())
    own.detail += "; " + not_fetched_why_;
  return status_with(self_, std::move(own), replicas_supervisor_, patience);
}

void pool_state::emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {{"deployment", options_->id.deployment}, {"version", std::to_string(options_->id.number)}});
  options_->node.events.emit({options_->node.time.wall_now(), level, event_name, std::move(fields), "pool"});
}

pool_state::behavior_type pool_keeper(pool_state::self_pointer self, pool_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
