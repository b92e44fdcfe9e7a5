#include "runtime/serving/replica_process.hpp"

#include "runtime/serving/host_geometry.hpp"

#include <algorithm>
#include <sys/eventfd.h>
#include <utility>

namespace troupe {

namespace {

/// What a replica's owner holds.
class owned_replica final : public replica_host {
public:
  explicit owned_replica(std::shared_ptr<replica_process> process) : process_(std::move(process)) {}
  ~owned_replica() override { process_->close(); }
  pid_t pid() const override { return process_->pid(); }
  void kill() override { process_->kill(); }
  std::shared_ptr<batch_runner> runner() override { return process_->runner(); }

private:
  std::shared_ptr<replica_process> process_;
};

/// Ticks come every 50 ms. One that is so late was not late, the process was stopped.
constexpr std::chrono::milliseconds pause_min{500};

unique_fd make_doorbell() {
  return unique_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

} // namespace

replica_process::replica_process(std::shared_ptr<host_context> context, replica_number number, std::shared_ptr<pool> target,
                                 replica_events events, shared_memory memory)
  : context_(std::move(context)), number_(number), target_(std::move(target)), geometry_(geometry_of(target_->spec())),
    fork_deadline_(context_->now() + std::min<std::chrono::nanoseconds>(fork_patience, target_->spec().load_timeout)),
    deadline_(context_->now() + target_->spec().load_timeout), memory_(std::move(memory)), work_(make_doorbell()),
    done_(make_doorbell()), events_(std::move(events)) {}

result<std::shared_ptr<replica_process>> replica_process::prepare(std::shared_ptr<host_context> context, replica_number number,
                                                                  std::shared_ptr<pool> target, replica_events events) {
  auto memory = shared_memory::create(host_memory_size(geometry_of(target->spec())));
  if (!memory)
    return memory.failure();
  std::shared_ptr<replica_process> made(
      new replica_process(std::move(context), number, std::move(target), std::move(events), std::move(*memory)));
  if (!made->work_ || !made->done_)
    return error{error_code::unavailable, "out of file descriptors; raise the node's limit (ulimit -n)"};
  auto& page = *reinterpret_cast<work_page*>(made->memory_->data() + work_page_offset);
  page.input_bytes = made->geometry_.input_bytes;
  page.output_bytes = made->geometry_.output_bytes;
  return made;
}

void replica_process::on_forked(std::shared_ptr<child_process> child) {
  auto self = shared_from_this();
  child_ = std::move(child);
  phase_ = phase::starting;
  memory_->close_fd();
  context_->children.expect_exit(child_, [self](const std::string& reason) { self->on_exit(reason); });
  context_->options.watch.watch(done_.get(), [self] { self->on_first_ring(); });
  last_tick_ = context_->now();
  ticker_.emplace(context_->options.watch, [self](steady_time now) { self->on_tick(now); });
}

void replica_process::on_not_forked(const error& why) {
  phase_ = phase::gone;
  fail_start(why);
}

void replica_process::on_first_ring() {
  std::uint64_t count = 0;
  if (phase_ != phase::starting || ::read(done_.get(), &count, sizeof count) != sizeof count)
    return;
  done_page page;
  copy_done_page(memory_->data(), 0, page);
  bool up = page.sequence == 0 && page.status == static_cast<std::uint32_t>(done_status::ready);
  if (up)
    serve();
  else if (page.sequence == 0 && page.status != static_cast<std::uint32_t>(done_status::outputs))
    condemn("could not start: " + reply_text(page));
  else
    condemn("bad_reply: not what a new replica says");
}

void replica_process::serve() {
  stop_listening();
  phase_ = phase::serving;
  auto self = shared_from_this();
  auto& watch = context_->options.watch;
  auto on_bad_reply = [weak = std::weak_ptr(self), &watch](const std::string& reason) {
    watch.post([weak, reason] {
      if (auto process = weak.lock())
        process->condemn(reason);
    });
  };
  channel_ = host_channel::open({target_, context_->options.time, context_->deal_loop(), std::move(*memory_), geometry_,
                                 std::move(work_), std::move(done_), std::move(on_bad_reply)});
  memory_.reset();
  std::unique_lock lock(events_mutex_);
  auto ready = std::exchange(events_.ready, nullptr);
  lock.unlock();
  ready(result<std::unique_ptr<replica_host>>(std::make_unique<owned_replica>(self)));
}

void replica_process::on_tick(steady_time now) {
  auto since_last = now - std::exchange(last_tick_, now);
  if (phase_ == phase::serving && since_last > pause_min)
    channel_->extend(since_last);
  if (phase_ == phase::starting && now > deadline_)
    condemn("not up within " + std::to_string(target_->spec().load_timeout.count()) + " ms (limits.load_timeout in model.toml)");
  if (phase_ != phase::serving)
    return;
  if (channel_->overdue(now))
    condemn("batch_timeout");
  else
    channel_->trim(now);
}

void replica_process::condemn(const std::string& reason) {
  if (phase_ == phase::gone)
    return;
  if (doom_.empty())
    doom_ = reason;
  child_->kill();
  if (channel_)
    channel_->abandon(doom_); // now: what ran in it need not wait for the kernel to take the process apart
}

void replica_process::on_exit(const std::string& reason) {
  if (phase_ == phase::starting)
    on_first_ring(); // it may have said something before it died
  auto was = std::exchange(phase_, phase::gone);
  const auto& why = doom_.empty() ? reason : doom_;
  ticker_.reset();
  if (was == phase::starting) {
    stop_listening();
    fail_start({error_code::unavailable, "replica " + std::to_string(number_) + " ended before it was up: " + why});
    return;
  }
  channel_->abandon(why);
  std::unique_lock lock(events_mutex_);
  auto exited = std::exchange(events_.exited, nullptr);
  lock.unlock();
  if (exited)
    exited(why);
}

void replica_process::kill() {
  channel_->abandon("signal:9");
  child_->kill();
}

void replica_process::close() {
  std::function<void(std::string)> dropped;
  std::unique_lock lock(events_mutex_);
  dropped = std::exchange(events_.exited, nullptr);
  lock.unlock();
  kill();
}

void replica_process::fail_start(const error& why) {
  auto ready = std::exchange(events_.ready, nullptr);
  events_.exited = nullptr;
  ready(why);
}

void replica_process::stop_listening() {
  context_->options.watch.unwatch(done_.get());
}

} // namespace troupe
