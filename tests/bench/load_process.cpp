#include "tests/bench/load_process.hpp"

#include "runtime/cli/rpc_channel.hpp"
#include "tests/bench/process_stats.hpp"

namespace troupe::bench {

namespace {

constexpr std::chrono::milliseconds warm_up{200};

double microseconds(std::chrono::nanoseconds span) {
  return static_cast<double>(span.count()) / 1000;
}

std::chrono::nanoseconds cpu_time_of(pid_t pid) {
  return pid == 0 ? std::chrono::nanoseconds(0) : cpu_time(pid);
}

load_figures run(const load_plan& plan) {
  quiet_kj quiet;
  client node(plan.address);
  prepared_request request(plan.deployment, {plan.input});
  rpc_channel channel(node, {&request});
  load_options options;
  options.concurrency = plan.concurrency;
  options.time_limit = warm_up;
  unbroken(run_load(node.loop(), {&channel}, options));

  options.time_limit = plan.span;
  auto server = cpu_time_of(plan.server);
  auto host = cpu_time_of(plan.host);
  auto self = cpu_time(::getpid());
  auto report = unbroken(run_load(node.loop(), {&channel}, options));
  auto answers = static_cast<double>(report.answered);
  if (!report.first_error.empty())
    std::fprintf(stderr, "troupe_bench: %s: %s\n", plan.deployment.c_str(), report.first_error.c_str());
  return {report.requests_per_second(),
          microseconds(report.latency.p50),
          microseconds(report.latency.p99),
          microseconds(cpu_time_of(plan.server) - server) / answers,
          microseconds(cpu_time_of(plan.host) - host) / answers,
          microseconds(cpu_time(::getpid()) - self) / answers,
          report.answered,
          report.failed};
}

} // namespace

in_child<load_figures> start_load(const load_plan& plan) {
  return in_child<load_figures>([&plan] { return run(plan); });
}

load_figures measure_load(const load_plan& plan) {
  auto figures = start_load(plan).get();
  if (figures.answered == 0)
    throw std::runtime_error("no request to " + plan.deployment + " was answered");
  return figures;
}

paired_figures alternate(const load_plan& floor, const load_plan& ours, int rounds) {
  paired_figures pairs;
  for (int i = 0; i < rounds; ++i) {
    pairs.floor.push_back(measure_load(floor));
    pairs.ours.push_back(measure_load(ours));
  }
  return pairs;
}

} // namespace troupe::bench
