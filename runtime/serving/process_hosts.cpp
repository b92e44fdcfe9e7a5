#include "runtime/serving/process_hosts.hpp"

#include "runtime/serving/host_context.hpp"
#include "runtime/serving/template_launch.hpp"
#include "runtime/serving/template_process.hpp"
#include "runtime/serving/version_process.hpp"

#include <future>
#include <sys/stat.h>

namespace troupe {

namespace {

constexpr std::chrono::seconds sweep_interval{1};

/// What the owner of a load holds.
class cancel_on_destruction final : public load_handle {
public:
  explicit cancel_on_destruction(std::shared_ptr<version_process> process) : process_(std::move(process)) {}
  ~cancel_on_destruction() override { process_->cancel_load(); }

private:
  std::shared_ptr<version_process> process_;
};

/// What goes to the template for one load.
struct load_order {
  packet_bytes bytes;
  unique_fd control;
  unique_fd model;
};

result<void> check_limits(const model_spec& spec, const packet_bytes& bytes) {
  auto too_deep = [](const tensor_spec& tensor) { return tensor.dims.size() > rank_max; };
  if (spec.inputs.size() > host_tensors_max || spec.outputs.size() > host_tensors_max)
    return error{error_code::invalid_argument,
                 "a model may have at most " + std::to_string(host_tensors_max) + " inputs and as many outputs"};
  if (std::any_of(spec.inputs.begin(), spec.inputs.end(), too_deep)
      || std::any_of(spec.outputs.begin(), spec.outputs.end(), too_deep))
    return error{error_code::invalid_argument, "a tensor may have at most " + std::to_string(rank_max) + " dimensions"};
  if (bytes.size() > packet_bytes_max)
    return error{error_code::invalid_argument, "the names of inputs and outputs are too long"};
  return {};
}

std::uint64_t file_size(const unique_fd& file) {
  struct stat facts{};
  return ::fstat(file.get(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

} // namespace

struct process_hosts::state {
  explicit state(process_hosts_options options)
    : context(std::make_shared<host_context>(std::move(options))), all(std::make_shared<template_process>(context)) {}

  void on_tick(steady_time now) {
    if (now < next_sweep)
      return;
    next_sweep = now + sweep_interval;
    if (auto strays = context->children.sweep_strays(); strays > 0)
      context->emit(severity::warn, "stray_hosts_killed", {{"count", std::to_string(strays)}});
  }

  const std::shared_ptr<host_context> context;
  const std::shared_ptr<template_process> all;
  std::optional<scoped_ticker> ticker;
  steady_time next_sweep{};
};

process_hosts::process_hosts(process_hosts_options options) : state_(std::make_shared<state>(std::move(options))) {
  auto& watch = state_->context->options.watch;
  state_->ticker.emplace(watch, [s = state_.get()](steady_time now) { s->on_tick(now); });
  watch.post([s = state_] { s->all->launch(); }); // on the watch's thread: the template dies with the thread that started it
}

process_hosts::~process_hosts() {
  state_->ticker.reset();
  auto end = [s = state_] {
    s->all->close();
    s->context->children.end_all();
  };
  auto& watch = state_->context->options.watch;
  if (watch.is_current()) {
    end();
    return;
  }
  std::promise<void> ended;
  watch.post([&] {
    end();
    ended.set_value();
  });
  ended.get_future().wait();
}

std::unique_ptr<load_handle> process_hosts::load(const version_id& id, const model_spec& spec, int model_fd,
                                                 template_events events) {
  auto order = std::make_shared<load_order>();
  order->model.reset(model_fd);
  order->bytes = encode_load_version(id, spec, file_size(order->model));
  auto usable = check_limits(spec, order->bytes);
  auto control = make_control_pair();
  if (usable && !control)
    usable = control.failure();
  if (usable)
    order->control = std::move(control->theirs);
  auto process = std::make_shared<version_process>(state_->context, id, spec, usable ? std::move(control->ours) : unique_fd(),
                                                   std::move(events));
  state_->context->options.watch.post([s = state_, order, process, usable] {
    auto answer = [process](result<std::shared_ptr<child_process>> child) {
      if (child)
        process->on_started(*child);
      else
        process->on_not_started(child.failure());
    };
    if (usable)
      s->all->fork_version(order->bytes, order->control, order->model, answer);
    else
      answer(usable.failure());
    order->control.reset(); // only the host holds them from now on
    order->model.reset();
  });
  return std::make_unique<cancel_on_destruction>(process);
}

} // namespace troupe
