#include "runtime/serving/version_process.hpp"

#include <sys/random.h>

namespace troupe {

namespace {

/// What a version's owner holds.
class owned_version final : public version_template {
public:
  explicit owned_version(std::shared_ptr<version_process> process) : process_(std::move(process)) {}
  ~owned_version() override { process_->close(); }
  pid_t pid() const override { return process_->pid(); }
  void fork_replica(replica_number number, std::shared_ptr<pool> target, replica_events events) override {
    process_->post_fork(number, std::move(target), std::move(events));
  }

private:
  std::shared_ptr<version_process> process_;
};

std::uint64_t fresh_seed() {
  std::uint64_t seed = 0;
  [[maybe_unused]] auto got = ::getrandom(&seed, sizeof seed, 0);
  return seed;
}

} // namespace

version_process::version_process(std::shared_ptr<host_context> context, version_id id, model_spec spec, unique_fd control,
                                 template_events events)
  : context_(std::move(context)), id_(std::move(id)), spec_(std::move(spec)), control_(std::move(control)),
    events_(std::move(events)) {}

void version_process::on_started(std::shared_ptr<child_process> child) {
  auto self = shared_from_this();
  child_ = std::move(child);
  phase_ = phase::loading;
  load_deadline_ = context_->now() + spec_.load_timeout;
  context_->children.expect_exit(child_, [self](const std::string& reason) { self->on_exit(reason); });
  context_->options.watch.watch(control_.get(), [self] { self->on_readable(); });
  ticker_.emplace(context_->options.watch, [self](steady_time now) { self->on_tick(now); });
  if (cancelled_)
    condemn("cancelled");
}

void version_process::on_not_started(const error& why) {
  phase_ = phase::gone;
  answer_load(why);
}

void version_process::post_fork(replica_number number, std::shared_ptr<pool> target, replica_events events) {
  context_->options.watch.post([self = shared_from_this(), number, target = std::move(target), events = std::move(events)] {
    self->fork_replica(number, target, events);
  });
}

void version_process::fork_replica(replica_number number, std::shared_ptr<pool> target, replica_events events) {
  auto ready = events.ready;
  if (phase_ != phase::ready || !doom_.empty()) {
    ready(error{error_code::unavailable, "the template of " + to_string(id_) + " is gone; retry once it is back"});
    return;
  }
  auto prepared = replica_process::prepare(context_, number, std::move(target), std::move(events));
  if (!prepared) {
    ready(prepared.failure());
    return;
  }
  auto replica = *prepared;
  auto bytes = encode_fork_replica(number, fresh_seed(), replica->memory_bytes());
  auto descriptors = replica->descriptors();
  auto sent = send_packet(control_.get(), bytes.data(), bytes.size(), descriptors.data(), descriptors.size());
  if (!sent)
    replica->on_not_forked({error_code::unavailable, sent.failure().message});
  else
    forking_[number] = std::move(replica);
}

void version_process::on_readable() {
  packet given;
  while (doom_.empty()) {
    auto got = receive_packet(control_.get(), given);
    if (!got) {
      condemn("bad_packet: " + got.failure().message);
    } else if (*got == received::packet) {
      on_packet(given);
    } else {
      if (*got == received::closed)
        end_silent();
      return;
    }
  }
}

void version_process::end_silent() {
  context_->options.watch.unwatch(control_.get()); // level-triggered: it would never be quiet again
  child_->kill();                                  // most likely it is dying already, and then the kernel keeps the true reason
}

void version_process::on_packet(packet& given) {
  auto message = decode_from_version(given);
  if (!message)
    condemn("bad_packet: " + message.failure().message);
  else if (std::holds_alternative<version_ready>(*message))
    on_ready();
  else if (auto failed = std::get_if<version_failed>(&*message))
    on_failed(*failed);
  else
    on_forked(std::get<replica_forked>(*message), given);
}

void version_process::on_ready() {
  if (phase_ != phase::loading || !doom_.empty()) {
    condemn("bad_packet: ready, but not asked to load");
    return;
  }
  phase_ = phase::ready;
  std::unique_lock lock(events_mutex_);
  auto ready = std::exchange(events_.ready, nullptr);
  lock.unlock();
  if (ready)
    ready(result<std::unique_ptr<version_template>>(std::make_unique<owned_version>(shared_from_this())));
}

void version_process::on_failed(const version_failed& message) {
  auto model_at_fault = message.stage != "sandbox";
  load_error_ = error{model_at_fault ? error_code::invalid_argument : error_code::unavailable,
                      message.stage == "load" ? "model.pt can't be loaded as TorchScript: " + message.reason
                                                    + "; save it with torch.jit.script(model).save(\"model.pt\")"
                                              : message.reason};
  condemn("failed: " + message.reason);
}

void version_process::on_forked(const replica_forked& message, packet& given) {
  auto found = forking_.find(message.replica);
  if (found == forking_.end()) {
    condemn("bad_packet: forked unasked"); // the child itself is a stray, and swept
    return;
  }
  auto replica = std::move(found->second);
  forking_.erase(found);
  if (message.pid == 0) {
    replica->on_not_forked({error_code::unavailable, message.reason});
    return;
  }
  auto child = given.descriptors.size() == 1 ? context_->children.adopt(message.pid, std::move(given.descriptors[0]))
                                             : error{error_code::internal, "sent no pidfd"};
  if (child) {
    replica->on_forked(*child);
    return;
  }
  replica->on_not_forked({error_code::unavailable, "the template of " + to_string(id_) + " broke; retry"});
  condemn("bad_packet: " + child.failure().message);
}

void version_process::on_tick(steady_time now) {
  if (phase_ == phase::loading && now > load_deadline_ && doom_.empty()) {
    load_error_ =
        error{error_code::invalid_argument, "the model did not load within " + std::to_string(spec_.load_timeout.count())
                                                + " ms (limits.load_timeout in model.toml)"};
    condemn("load_timeout");
  }
  for (const auto& [number, replica] : forking_)
    if (now > replica->fork_deadline()) {
      condemn("fork_timeout");
      return;
    }
}

void version_process::condemn(const std::string& reason) {
  if (doom_.empty())
    doom_ = reason;
  context_->options.watch.unwatch(control_.get());
  child_->kill();
}

void version_process::on_exit(const std::string& reason) {
  on_readable(); // what it said before it died
  auto was = std::exchange(phase_, phase::gone);
  const auto& why = doom_.empty() ? reason : doom_;
  ticker_.reset();
  context_->options.watch.unwatch(control_.get());
  for (auto& [number, replica] : std::exchange(forking_, {}))
    replica->on_not_forked({error_code::unavailable, "the template of " + to_string(id_) + " ended (" + why + "); retry"});
  if (was != phase::ready) {
    answer_load(load_error_ ? *load_error_ : crash_while_loading(why));
    return;
  }
  std::unique_lock lock(events_mutex_);
  auto exited = std::exchange(events_.exited, nullptr);
  lock.unlock();
  if (exited)
    exited(why);
}

error version_process::crash_while_loading(const std::string& reason) const {
  if (reason == "signal:9")
    return {error_code::unavailable,
            "the host of " + to_string(id_) + " was killed while loading, perhaps for want of memory; retry"};
  if (reason.rfind("signal:", 0) == 0)
    return {error_code::invalid_argument, "the model crashed its host while loading (signal " + reason.substr(7) + ")"};
  return {error_code::unavailable, "the host of " + to_string(id_) + " ended while loading (" + reason + "); retry"};
}

void version_process::answer_load(const error& why) {
  std::unique_lock lock(events_mutex_);
  auto ready = std::exchange(events_.ready, nullptr);
  lock.unlock();
  if (ready)
    ready(why);
}

void version_process::cancel_load() {
  template_events dropped; // dies after the lock is free
  std::lock_guard lock(events_mutex_);
  if (!events_.ready)
    return;
  std::swap(dropped, events_);
  context_->options.watch.post([self = shared_from_this()] { self->end(); });
}

void version_process::close() {
  template_events dropped;
  std::lock_guard lock(events_mutex_);
  std::swap(dropped, events_);
  context_->options.watch.post([self = shared_from_this()] { self->end(); });
}

void version_process::end() {
  cancelled_ = true;
  if (child_)
    condemn("cancelled");
}

} // namespace troupe
