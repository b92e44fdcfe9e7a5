#include "runtime/serving/template_process.hpp"

#include "runtime/serving/template_launch.hpp"

#include <algorithm>

namespace troupe {

void template_process::launch() {
  if (!ticker_)
    ticker_.emplace(context_->options.watch, [self = shared_from_this()](steady_time now) { self->on_tick(now); });
  auto launched = launch_template(context_->options.host_path);
  if (!launched) {
    plan_restart(launched.failure().message);
    return;
  }
  auto self = shared_from_this();
  doom_.clear();
  started_ = context_->now();
  control_ = std::move(launched->control);
  child_ = context_->children.add(launched->pid, std::move(launched->pidfd));
  context_->children.expect_exit(child_, [self](const std::string& reason) { self->on_exit(reason); });
  context_->options.watch.watch(control_.get(), [self] { self->on_readable(); });
  context_->emit(severity::info, "host_template_started", {{"pid", std::to_string(child_->pid())}});
}

void template_process::fork_version(const packet_bytes& load, const unique_fd& control, const unique_fd& model,
                                    on_forked answer) {
  if (!child_) {
    answer(error{error_code::unavailable, "the template of all model hosts is down (" + down_reason_ + "); retry"});
    return;
  }
  int descriptors[] = {control.get(), model.get()};
  auto sent = send_packet(control_.get(), load.data(), load.size(), descriptors, std::size(descriptors));
  if (!sent)
    answer(error{error_code::unavailable, sent.failure().message});
  else
    waiting_.push_back({std::move(answer), context_->now() + answer_timeout});
}

void template_process::on_readable() {
  packet given;
  while (doom_.empty()) {
    auto got = receive_packet(control_.get(), given);
    if (!got || (*got == received::packet && waiting_.empty())) {
      condemn("bad_packet");
    } else if (*got == received::packet) {
      on_answer(given);
    } else {
      if (*got == received::closed)
        end_silent();
      return;
    }
  }
}

void template_process::on_answer(packet& given) {
  auto answer = std::move(waiting_.front().answer);
  waiting_.pop_front();
  auto started = decode_from_template(given);
  if (started && started->pid == 0) {
    answer(error{error_code::unavailable, started->reason});
    return;
  }
  auto child = started ? adopt(started->pid, given) : result<std::shared_ptr<child_process>>(started.failure());
  if (child) {
    delay_ = {};
    answer(*child);
    return;
  }
  condemn("bad_packet: " + child.failure().message);
  answer(error{error_code::unavailable, "the template of all model hosts broke (" + doom_ + "); retry"});
}

result<std::shared_ptr<child_process>> template_process::adopt(pid_t pid, packet& given) {
  if (given.descriptors.size() != 1)
    return error{error_code::internal, "sent no pidfd"};
  return context_->children.adopt(pid, std::move(given.descriptors[0]));
}

void template_process::end_silent() {
  context_->options.watch.unwatch(control_.get()); // level-triggered: it would never be quiet again
  child_->kill();                                  // most likely it is dying already, and then the kernel keeps the true reason
}

void template_process::on_tick(steady_time now) {
  if (!waiting_.empty() && now > waiting_.front().deadline)
    condemn("no answer within " + std::to_string(answer_timeout.count()) + " ms");
  if (restart_at_ && now >= *restart_at_) {
    restart_at_.reset();
    launch();
  }
}

void template_process::condemn(const std::string& reason) {
  if (doom_.empty())
    doom_ = reason;
  context_->options.watch.unwatch(control_.get());
  child_->kill();
}

void template_process::on_exit(const std::string& reason) {
  on_readable(); // what it said before it died
  context_->options.watch.unwatch(control_.get());
  child_.reset();
  if (context_->now() - started_ > restart_delay_max)
    delay_ = {};
  plan_restart(doom_.empty() ? reason : doom_);
  for (auto& left : std::exchange(waiting_, {}))
    left.answer(error{error_code::unavailable, "the template of all model hosts ended (" + down_reason_ + "); retry"});
}

void template_process::plan_restart(const std::string& reason) {
  down_reason_ = reason;
  if (closed_)
    return;
  restart_at_ = context_->now() + delay_;
  context_->emit(severity::warn, "host_template_ended", {{"reason", reason}, {"restart_in_ms", std::to_string(delay_.count())}});
  delay_ = std::clamp(delay_ * 2, restart_delay_min, restart_delay_max);
}

void template_process::close() {
  closed_ = true;
  restart_at_.reset();
  ticker_.reset();
  if (child_)
    condemn("closed");
}

} // namespace troupe
