#include "tests/support/fake_hosts.hpp"

#include <cstdlib>
#include <set>
#include <unistd.h>
#include <vector>

namespace troupe {

using namespace std::chrono_literals;

/// A process: it lives until `end`, and is gone a little later.
class fake_process : public std::enable_shared_from_this<fake_process> {
public:
  explicit fake_process(fake_hosts& hosts) : hosts_(hosts) {}
  virtual ~fake_process() = default;

  pid_t pid() const { return pid_; }
  bool alive() const { return alive_; }
  virtual bool is_replica() const = 0;
  virtual std::string text() const = 0;

  void begin(std::chrono::nanoseconds life_max) {
    pid_ = hosts_.add(shared_from_this());
    if (life_max > 0ns)
      later(hosts_.between(1ms, life_max), [this] { end("signal:11"); });
  }
  /// SIGKILL, or a death of its own.
  void end(const std::string& reason) {
    if (!std::exchange(alive_, false))
      return;
    on_doomed(reason);
    hosts_.time.after(hosts_.between(1ms, 10ms), [self = shared_from_this(), reason] {
      self->hosts_.remove(self->pid_);
      self->on_gone(reason);
    });
  }
  /// The power is cut: nobody hears of it again.
  virtual void vanish() { alive_ = false; }

protected:
  /// At once, in whatever called.
  virtual void on_doomed(const std::string& reason) = 0;
  /// When the process has been taken apart.
  virtual void on_gone(const std::string& reason) = 0;

  /// Unless it has ended by then.
  template <class Task>
  void later(std::chrono::nanoseconds delay, Task task) {
    hosts_.time.after(delay, [self = shared_from_this(), task] {
      if (self->alive_)
        task();
    });
  }

  fake_hosts& hosts_;

private:
  pid_t pid_ = 0;
  bool alive_ = true;
};

namespace {

std::string text_behind(int fd) {
  char text[64];
  auto size = ::pread(fd, text, sizeof text, 0);
  ::close(fd);
  return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

/// A replica's process and the runner of its batches.
class fake_replica final : public fake_process, public batch_runner {
public:
  fake_replica(fake_hosts& hosts, const std::string& model, std::shared_ptr<pool> target, replica_events events)
    : fake_process(hosts), factor_(std::strtof(model.c_str() + sizeof "factor", nullptr)),
      fails_(model.find("fails") != std::string::npos), target_(std::move(target)), events_(std::move(events)) {}

  bool is_replica() const override { return true; }
  std::string text() const override { return "replica of " + to_string(target_->id()); }
  void start_up();
  void start(batch work) override;
  /// Its owner has let go.
  void close() {
    events_ = {};
    end("signal:9");
  }
  void vanish() override {
    fake_process::vanish();
    events_ = {};
    work_ = {};
    target_.reset();
  }
  std::shared_ptr<batch_runner> runner() { return std::shared_ptr<batch_runner>(shared_from_this(), this); }

private:
  void on_doomed(const std::string& reason) override;
  void on_gone(const std::string& reason) override;
  void finish(bool failed);
  void answer_all(batch done);
  bool holds_poison() const;

  float factor_;
  bool fails_;
  std::shared_ptr<pool> target_;
  replica_events events_;
  bool up_ = false;
  batch work_;
};

class owned_replica final : public replica_host {
public:
  explicit owned_replica(std::shared_ptr<fake_replica> process) : process_(std::move(process)) {}
  ~owned_replica() override { process_->close(); }
  pid_t pid() const override { return process_->pid(); }
  void kill() override { process_->end("signal:9"); }
  std::shared_ptr<batch_runner> runner() override { return process_->runner(); }

private:
  std::shared_ptr<fake_replica> process_;
};

void fake_replica::start_up() {
  begin(hosts_.faults.replica_life_max);
  if (hosts_.random.chance(hosts_.faults.fork_hangs)) {
    later(target_->spec().load_timeout, [this] { end("load_timeout"); });
    return;
  }
  later(hosts_.between(1ms, 10ms), [this] {
    up_ = true;
    auto ready = std::exchange(events_.ready, nullptr);
    auto self = std::static_pointer_cast<fake_replica>(shared_from_this());
    ready(result<std::unique_ptr<replica_host>>(std::make_unique<owned_replica>(self)));
  });
}

void fake_replica::start(batch work) {
  if (!alive()) {
    work.trial ? refuse(std::move(work.requests.front()), lost_in_trial("it was gone before", {}))
               : target_->requeue(std::move(work));
    return;
  }
  work_ = std::move(work);
  work_.begun = hosts_.time.now();
  const auto& faults = hosts_.faults;
  auto timeout = target_->spec().batch_timeout;
  auto soon = hosts_.between(100us, 10ms);
  if (holds_poison() || hosts_.random.chance(faults.batch_crashes))
    later(soon, [this] { end("signal:11"); });
  else if (hosts_.random.chance(faults.batch_hangs))
    later(timeout + hosts_.between(0ms, 50ms), [this] { end("batch_timeout"); });
  else if (hosts_.random.chance(faults.batch_lies))
    later(soon, [this] { end("bad_reply: rows"); });
  else if (hosts_.random.chance(faults.batch_slow))
    later(timeout - soon, [this] { finish(false); });
  else
    later(soon, [this, failed = hosts_.random.chance(faults.batch_fails)] { finish(failed || (fails_ && !work_.trial)); });
}

bool fake_replica::holds_poison() const {
  for (const auto& request : work_.requests)
    if (*reinterpret_cast<const float*>(request->inputs[0].data) == fake_hosts::poison)
      return true;
  return false;
}

void fake_replica::finish(bool failed) {
  auto done = std::exchange(work_, {});
  if (!done.trial)
    target_->release(this);
  if (!failed) {
    answer_all(std::move(done));
  } else if (done.requests.size() > 1) {
    target_->retry_alone(std::move(done));
  } else {
    if (!done.trial)
      target_->counted().add_failure(*done.requests.front(), error_code::model_failed, hosts_.time.now());
    refuse(std::move(done.requests.front()), {error_code::model_failed, std::string(model_raised) + "by chance"});
  }
}

void fake_replica::answer_all(batch done) {
  if (!done.trial)
    target_->counted().add_answers(done, hosts_.time.now());
  auto on_a_loop = hosts_.random.chance(0.5);
  for (auto& request : done.requests) {
    auto output = request->inputs[0];
    std::vector<float> values(output.size / sizeof(float));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = factor_ * reinterpret_cast<const float*>(output.data)[i];
    output.data = reinterpret_cast<const std::byte*>(values.data());
    auto give = [&] { answer(std::move(request), {output}); };
    on_a_loop ? hosts_.replies.run(give) : give();
  }
}

void fake_replica::on_doomed(const std::string& reason) {
  if (!up_)
    return;
  target_->remove(this);
  auto lost = std::exchange(work_, {});
  if (lost.trial)
    refuse(std::move(lost.requests.front()), lost_in_trial(reason, target_->spec().batch_timeout));
  else if (!lost.requests.empty())
    target_->fail(std::move(lost), reason);
}

void fake_replica::on_gone(const std::string& reason) {
  auto events = std::exchange(events_, {});
  if (events.ready)
    events.ready(error{error_code::unavailable, "the replica ended before it was up: " + reason});
  else if (events.exited)
    events.exited(reason);
}

/// A version's process, first loading, then forking.
class fake_version final : public fake_process {
public:
  fake_version(fake_hosts& hosts, version_id id, model_spec spec, std::string model, template_events events)
    : fake_process(hosts), id_(std::move(id)), spec_(std::move(spec)), model_(std::move(model)), events_(std::move(events)) {}

  bool is_replica() const override { return false; }
  std::string text() const override { return "template of " + to_string(id_); }
  void start_up();
  void fork_replica(std::shared_ptr<pool> target, replica_events events);
  void cancel_load() {
    if (!up_)
      close();
  }
  void close() {
    events_ = {};
    end("signal:9");
  }
  void vanish() override {
    fake_process::vanish();
    events_ = {};
  }

private:
  void on_doomed(const std::string&) override {}
  void on_gone(const std::string& reason) override;
  void fail_load(error why) {
    load_error_ = std::move(why);
    end("exit:1");
  }
  void on_loaded();

  version_id id_;
  model_spec spec_;
  std::string model_;
  template_events events_;
  bool up_ = false;
  error load_error_{error_code::unavailable, "the host was killed while loading; retry"};
};

class owned_version final : public version_template {
public:
  explicit owned_version(std::shared_ptr<fake_version> process) : process_(std::move(process)) {}
  ~owned_version() override { process_->close(); }
  pid_t pid() const override { return process_->pid(); }
  void fork_replica(replica_number, std::shared_ptr<pool> target, replica_events events) override {
    process_->fork_replica(std::move(target), std::move(events));
  }

private:
  std::shared_ptr<fake_version> process_;
};

class owned_load final : public load_handle {
public:
  explicit owned_load(std::shared_ptr<fake_version> process) : process_(std::move(process)) {}
  ~owned_load() override { process_->cancel_load(); }

private:
  std::shared_ptr<fake_version> process_;
};

void fake_version::start_up() {
  begin(hosts_.faults.template_life_max);
  auto soon = hosts_.between(5ms, 50ms);
  if (model_ == "broken")
    later(soon, [this] { fail_load({error_code::invalid_argument, "model.pt can't be loaded as TorchScript: broken"}); });
  else if (hosts_.random.chance(hosts_.faults.load_hangs))
    later(spec_.load_timeout, [this] { fail_load({error_code::invalid_argument, "the model did not load in time"}); });
  else if (hosts_.random.chance(hosts_.faults.load_fails))
    later(soon, [this] { fail_load({error_code::unavailable, "no memory; retry"}); });
  else
    later(soon, [this] { on_loaded(); });
}

void fake_version::on_loaded() {
  up_ = true;
  auto ready = std::exchange(events_.ready, nullptr);
  auto self = std::static_pointer_cast<fake_version>(shared_from_this());
  ready(result<std::unique_ptr<version_template>>(std::make_unique<owned_version>(self)));
}

void fake_version::fork_replica(std::shared_ptr<pool> target, replica_events events) {
  auto self = std::static_pointer_cast<fake_version>(shared_from_this());
  hosts_.time.after(hosts_.between(1ms, 5ms), [self, target = std::move(target), events = std::move(events)] {
    auto& hosts = self->hosts_;
    if (!self->alive() || hosts.random.chance(hosts.faults.fork_fails)) {
      events.ready(error{error_code::unavailable, "the template could not fork; retry"});
      return;
    }
    std::make_shared<fake_replica>(hosts, self->model_, target, events)->start_up();
  });
}

void fake_version::on_gone(const std::string& reason) {
  auto events = std::exchange(events_, {});
  if (events.ready)
    events.ready(load_error_);
  else if (events.exited)
    events.exited(reason);
}

} // namespace

std::unique_ptr<load_handle> fake_hosts::load(const version_id& id, const model_spec& spec, int model_fd,
                                              template_events events) {
  auto made = std::make_shared<fake_version>(*this, id, spec, text_behind(model_fd), std::move(events));
  made->start_up();
  return std::make_unique<owned_load>(std::move(made));
}

std::string fake_hosts::list() const {
  std::string text;
  for (const auto& [pid, process] : processes_)
    text += (text.empty() ? "" : ", ") + process->text() + " (" + std::to_string(pid) + ")";
  return text;
}

bool fake_hosts::kill_template() {
  for (const auto& [pid, process] : processes_)
    if (process->alive() && !process->is_replica()) {
      process->end("signal:9");
      return true;
    }
  return false;
}

bool fake_hosts::kill_replica() {
  for (const auto& [pid, process] : processes_)
    if (process->alive() && process->is_replica()) {
      process->end("signal:9");
      return true;
    }
  return false;
}

void fake_hosts::cut_power() {
  for (const auto& [pid, process] : std::exchange(processes_, {}))
    process->vanish();
}

pid_t fake_hosts::add(const std::shared_ptr<fake_process>& made) {
  processes_[++last_pid_] = made;
  return last_pid_;
}

std::chrono::nanoseconds fake_hosts::between(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
  return least + std::chrono::nanoseconds(random.below(static_cast<std::uint64_t>((most - least).count())));
}

} // namespace troupe
