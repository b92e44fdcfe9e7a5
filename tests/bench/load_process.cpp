#include "tests/bench/load_process.hpp"

#include "runtime/cli/http_door.hpp"
#include "runtime/cli/rpc_door.hpp"
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

inference_question question_of(const load_plan& plan) {
  return {plan.deployment, {plan.input}, {}, {}, plan.deadline};
}

std::unique_ptr<inference_door> open_door(const load_plan& plan) {
  std::unique_ptr<inference_door> door;
  if (plan.http)
    door = std::make_unique<http_door>(plan.address, *plan.http, plan.concurrency);
  else
    door = std::make_unique<rpc_door>(plan.address, 1);
  door->prepare(question_of(plan));
  return door;
}

load_figures run(const load_plan& plan) {
  quiet_kj quiet;
  auto door = open_door(plan);
  auto channels = door->channels();
  load_options options;
  options.concurrency = plan.concurrency;
  options.rate = plan.rate;
  options.time_limit = warm_up;
  unbroken(run_load(door->loop(), channels, options));

  options.time_limit = plan.span;
  auto server = cpu_time_of(plan.server);
  auto host = cpu_time_of(plan.host);
  auto self = cpu_time(::getpid());
  auto report = unbroken(run_load(door->loop(), channels, options));
  auto answers = static_cast<double>(report.answered);
  if (!report.first_error.empty() && !plan.rate) // which may well ask for more than there is
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

answer_size size_of_answer(const load_plan& plan) {
  auto ask = [&plan] {
    client_loop loop;
    http_client node(loop, plan.address, 1);
    http_channel channel(node, "/v2/models/" + plan.deployment + "/infer", write_oip_question(question_of(plan), *plan.http));
    auto reply = loop.wait(channel.ask(), std::chrono::seconds(10), plan.address);
    return answer_size{reply.body.bytes.size(), reply.body.json_length.value_or(0)};
  };
  return in_child<answer_size>(ask).get();
}

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
