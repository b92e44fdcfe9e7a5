#include "runtime/base/rng.hpp"
#include "runtime/policy/evidence/best_arm.hpp"
#include "runtime/policy/evidence/step_evidence.hpp"
#include "runtime/serving/answer_watch.hpp"
#include "tests/bench/measures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace troupe::bench {

namespace {

constexpr std::uint64_t requests_a_second = 200;
constexpr double incumbent_error_rate = 0.01;
constexpr int hold_s = 60;      ///< of a step, at least
constexpr int patience_s = 600; ///< of a step that is not fine; after it the rollout is left holding
constexpr std::array<double, 3> step_weights = {0.05, 0.25, 0.5};
constexpr double alpha = 0.05;

/// Latencies of a lognormal distribution, 20 ms in the middle and 102 ms at p99, to draw from by one number.
class latency_draws {
public:
  latency_draws() {
    rng random(1);
    for (auto& each : us_) {
      auto radius = std::sqrt(-2 * std::log(1 - random.unit()));
      each = static_cast<std::uint64_t>(20'000 * std::exp(0.7 * radius * std::cos(6.283185307179586 * random.unit())));
    }
  }
  std::uint64_t draw_us(rng& random) const { return us_[random.next() >> (64 - bits)]; }

private:
  static constexpr unsigned bits = 16;
  std::array<std::uint64_t, 1U << bits> us_{};
};

/// How a version behaves.
struct behaviour {
  double error_rate = incumbent_error_rate;
  double slowdown = 1;
};

void serve(arm_counters& arm, const behaviour& how, const latency_draws& latencies, rng& random) {
  ++arm.errors.requests;
  arm.errors.failures += random.chance(how.error_rate) ? 1 : 0;
  arm.latency.record(static_cast<std::uint64_t>(static_cast<double>(latencies.draw_us(random)) * how.slowdown));
}

void clear(step_batch& batch) {
  for (auto* arm : {&batch.candidate, &batch.incumbent}) {
    arm->errors = {};
    arm->latency.counts.fill(0);
    arm->latency.total = 0;
  }
}

/// Fills what happens in one second; who serves a request is left to chance.
void serve_second(step_batch& batch, double weight, const behaviour& candidate, const latency_draws& latencies, rng& random) {
  clear(batch);
  for (std::uint64_t i = 0; i < requests_a_second; ++i) {
    bool to_candidate = random.chance(weight);
    serve(to_candidate ? batch.candidate : batch.incumbent, to_candidate ? candidate : behaviour{}, latencies, random);
  }
}

step_options canary_checks() {
  step_options options;
  options.division = {alpha, 0, static_cast<std::uint32_t>(step_weights.size()), 1};
  options.errors.emplace();
  options.latency.emplace();
  options.latency->checks = {{0.95, 1.1}, {0.99, 1.1}};
  return with_shares(options);
}

/// Works through a rollout, looking at every second: worse = rolled back, fine = promoted, undecided = still holding.
standing roll_out(const behaviour& candidate, const step_options& options, const latency_draws& latencies, rng& random) {
  step_batch batch;
  for (auto weight : step_weights) {
    step_state state;
    auto said = standing::undecided;
    for (int second = 1; second <= patience_s && (second <= hold_s || said != standing::fine); ++second) {
      serve_second(batch, weight, candidate, latencies, random);
      if (auto taken = advance(state, batch, options); !taken)
        throw std::runtime_error(taken.failure().message);
      said = overall(judge(state, options));
      if (said == standing::worse)
        return said;
    }
    if (said != standing::fine)
      return said;
  }
  return standing::fine;
}

/// Of so many rollouts, the share that ended each way.
struct outcome {
  double rolled_back = 0;
  double holding = 0;
  double promoted = 0;
};

outcome simulate(int rollouts, const behaviour& candidate, const step_options& options, const latency_draws& latencies) {
  outcome shares;
  for (int i = 0; i < rollouts; ++i) {
    rng random(static_cast<std::uint64_t>(i) + 1);
    auto said = roll_out(candidate, options, latencies, random);
    auto& share = said == standing::worse ? shares.rolled_back : said == standing::fine ? shares.promoted : shares.holding;
    share += 1.0 / rollouts;
  }
  return shares;
}

std::string percent_of(double share) {
  return number(100 * share) + " %";
}

finding identical_line(const std::string& checks, const outcome& shares) {
  return {"evidence, identical versions, " + checks + ": rolled back",
          "< " + percent_of(alpha),
          percent_of(shares.rolled_back) + ", " + percent_of(shares.holding) + " still hold",
          "",
          "",
          shares.rolled_back <= alpha};
}

finding missed_line(const std::string& what, const outcome& shares, double goal) {
  return {"evidence, " + what + ": promoted",
          "< " + percent_of(goal),
          percent_of(shares.promoted) + ", " + percent_of(shares.rolled_back) + " rolled back",
          "",
          "",
          shares.promoted <= goal};
}

/// Candidate requests until twice the errors are found, at the first step's weight.
std::uint64_t requests_until_found(const rate_options& options, rng& random) {
  rate_state state;
  while (judge(state, options).is != standing::worse) {
    rate_batch batch;
    for (std::uint64_t i = 0; i < requests_a_second; ++i) {
      bool to_candidate = random.chance(step_weights[0]);
      auto& arm = to_candidate ? batch.candidate : batch.incumbent;
      ++arm.requests;
      arm.failures += random.chance(incumbent_error_rate * (to_candidate ? 2 : 1)) ? 1 : 0;
    }
    if (auto taken = advance(state, batch, options); !taken)
      throw std::runtime_error(taken.failure().message);
  }
  return state.total.candidate.requests;
}

finding found_line(const std::string& whose, double share, int rollouts, std::uint64_t goal) {
  rate_options options;
  options.alpha = share;
  std::vector<std::uint64_t> found;
  for (int i = 0; i < rollouts; ++i) {
    rng random(static_cast<std::uint64_t>(i) + 1);
    found.push_back(requests_until_found(options, random));
  }
  std::sort(found.begin(), found.end());
  auto middle = found[found.size() / 2];
  auto most = found[found.size() * 9 / 10];
  return {"evidence, 2 % errors against 1 % at 5 % weight, alpha " + whose + ": candidate requests until found",
          "90 % < " + std::to_string(goal),
          "median " + std::to_string(middle) + ", 90 % " + std::to_string(most),
          "",
          "",
          most < goal};
}

double cpu_ns(std::clock_t ticks) {
  return static_cast<double>(ticks) * (1e9 / CLOCKS_PER_SEC);
}

/// An A/B test that is looked at every second, of versions whose rewards of 0 or 1 have these means.
struct ab_outcome {
  std::optional<std::size_t> best; ///< nothing: none was found in time
  std::uint64_t rewards = 0;       ///< of each version
};

ab_outcome test_versions(const std::vector<double>& means, rng& random) {
  constexpr std::uint64_t rewards_a_second = 20;
  const mean_options options;
  best_arm_state state;
  std::vector<reward_sums> batch(means.size());
  ab_outcome so_far;
  for (int second = 0; second < patience_s && !so_far.best; ++second) {
    for (std::size_t arm = 0; arm < means.size(); ++arm) {
      batch[arm] = {};
      for (std::uint64_t i = 0; i < rewards_a_second; ++i)
        batch[arm].record(random.chance(means[arm]) ? 1 : 0);
    }
    if (auto taken = advance(state, batch, options); !taken)
      throw std::runtime_error(taken.failure().message);
    so_far.rewards += rewards_a_second;
    so_far.best = judge_arms(state, means.size(), options).best;
  }
  return so_far;
}

finding equal_arms_line(std::size_t arms, int tests) {
  double won = 0;
  for (int i = 0; i < tests; ++i) {
    rng random(static_cast<std::uint64_t>(i) + 1);
    won += test_versions(std::vector<double>(arms, 0.5), random).best ? 1.0 / tests : 0;
  }
  return {"evidence, A/B of " + std::to_string(arms) + " equal versions: one wins",
          "< " + percent_of(alpha),
          percent_of(won),
          "",
          "",
          won <= alpha};
}

finding best_arm_line(std::size_t arms, int tests, std::uint64_t goal) {
  std::vector<double> means(arms, 0.5);
  means[1] = 0.6;
  std::vector<std::uint64_t> found;
  int wrong = 0;
  for (int i = 0; i < tests; ++i) {
    rng random(static_cast<std::uint64_t>(i) + 1);
    auto told = test_versions(means, random);
    wrong += told.best == 1U ? 0 : 1;
    found.push_back(told.rewards);
  }
  std::sort(found.begin(), found.end());
  auto most = found[found.size() * 9 / 10];
  return {"evidence, A/B of " + std::to_string(arms) + " versions, one 0.6, the others 0.5: rewards of each until it wins",
          "90 % < " + std::to_string(goal),
          "median " + std::to_string(found[found.size() / 2]) + ", 90 % " + std::to_string(most) + ", "
              + percent_of(static_cast<double>(wrong) / tests) + " not found",
          "",
          "",
          most < goal && wrong * 20 <= tests};
}

struct answered_request final : inference_request {
  void on_outputs(const std::vector<tensor_view>&) override {}
  void on_error(const error&) override {}
};

check_spec looking_for(check_kind kind, output_look by = output_look::values) {
  check_spec check;
  check.kind = kind;
  check.by = by;
  return check;
}

/// What a request of a rollout pays on its way: the choice of its version by its key, and the watch, which sees ten scores of its answer.
finding hot_path_line(lab& room, const char* name, const std::vector<check_spec>& checks) {
  const std::uint64_t requests = room.quick() ? 200'000 : 5'000'000;
  const std::vector<float> scores = {0.1F, 0.2F, 0.3F, 0.9F, 0.05F, 0.4F, 0.7F, 0.8F, 0.6F, 0.5F};
  const std::vector<tensor_view> outputs = {make_view(datatype::fp32, {1, static_cast<std::int64_t>(scores.size())},
                                                      reinterpret_cast<const std::byte*>(scores.data()), 4 * scores.size())};
  model_spec spec;
  spec.outputs.push_back({"scores", datatype::fp32, {-1, static_cast<std::int64_t>(scores.size())}});
  real_clock time;
  auto watch = std::make_shared<answer_watch>(time, checks, spec, spec);
  traffic_split split({50, 1, 5});
  answered_request request;
  auto begin = std::clock();
  for (std::uint64_t i = 0; i < requests; ++i) {
    auto arm = split.choose(split_hash("digits", {reinterpret_cast<const char*>(&i), sizeof i}));
    request.arrived = time.now();
    watch->observer_of(arm)->on_outputs(request, outputs);
    if (arm == candidate_arm)
      split.note(false);
  }
  auto ns = cpu_ns(std::clock() - begin) / static_cast<double>(requests);
  auto seen = watch->read();
  bool counted = seen.candidate.errors.requests + seen.incumbent.errors.requests == requests;
  return {"evidence, " + std::string(name) + ": CPU time a request", "< 1 µs", number(ns) + " ns", "", "", counted && ns < 1000};
}

/// What the leader spends once a second on a rollout.
finding look_line(const step_options& options, const latency_draws& latencies) {
  rng random(1);
  step_batch batch;
  step_state state;
  serve_second(batch, step_weights[1], {}, latencies, random);
  constexpr int looks = 1000;
  std::size_t verdicts = 0;
  auto begin = std::clock();
  for (int i = 0; i < looks; ++i) {
    if (auto taken = advance(state, batch, options); !taken)
      throw std::runtime_error(taken.failure().message);
    verdicts += judge(state, options).size();
  }
  auto us = cpu_ns(std::clock() - begin) / 1000 / looks;
  return {"evidence, a look at three checks: CPU time", "< 1 ms", micros(us), "", "", verdicts > 0 && us < 1000};
}

} // namespace

findings measure_evidence(lab& room) {
  const int rollouts = room.quick() ? 100 : 10'000;
  const int harmful = room.quick() ? 100 : 2'000;
  const latency_draws latencies;
  auto options = canary_checks();
  auto errors_only = options;
  errors_only.latency.reset();
  errors_only = with_shares(errors_only);
  return {identical_line("error rate, p95 and p99 in 3 steps", simulate(rollouts, {}, options, latencies)),
          identical_line("error rate alone in 3 steps", simulate(harmful, {}, errors_only, latencies)),
          missed_line("twice the errors", simulate(harmful, {2 * incumbent_error_rate, 1}, options, latencies), 0.05),
          missed_line("1.5 times the errors", simulate(harmful, {1.5 * incumbent_error_rate, 1}, options, latencies), 0.2),
          missed_line("1.5 times the latency", simulate(harmful, {incumbent_error_rate, 1.5}, options, latencies), 0.05),
          found_line("0.05", alpha, harmful, 3'000),
          found_line("0.05 / 9", options.errors->alpha, harmful, 4'500),
          equal_arms_line(2, rollouts),
          equal_arms_line(4, harmful),
          best_arm_line(2, harmful, 2'000),
          best_arm_line(4, harmful, 3'000),
          hot_path_line(room, "without checks of answers", {}),
          hot_path_line(room, "with three checks of answers",
                        {looking_for(check_kind::finite_outputs), looking_for(check_kind::output_drift),
                         looking_for(check_kind::output_drift, output_look::top_class)}),
          look_line(options, latencies)};
}

} // namespace troupe::bench
