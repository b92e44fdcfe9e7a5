#include "tests/bench/measures.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

namespace troupe::bench {

namespace {

struct measure {
  const char* name;
  findings (*run)(lab&);
};

constexpr measure measures[] = {
    {"lone", measure_lone},
    {"flight", measure_flight},
    {"mlp", measure_mlp},
    {"large", measure_large},
    {"resnet", measure_resnet},
    {"recovery", measure_recovery},
    {"sharing", measure_sharing},
    {"idle", measure_idle},
    {"many", measure_many},
    {"deploy", measure_deploy},
    {"restart", measure_restart},
    {"backup", measure_backup},
    {"forward-lone", measure_forward_lone},
    {"forward-flight", measure_forward_flight},
    {"forward-large", measure_forward_large},
    {"join", measure_join},
    {"placement", measure_placement},
    {"evidence", measure_evidence},
    {"rollout-switch", measure_rollout_switch},
    {"rollout-fuse", measure_rollout_fuse},
    {"rollout-shadow", measure_rollout_shadow},
    {"http-lone", measure_http_lone},
    {"http-flight", measure_http_flight},
    {"http-mlp", measure_http_mlp},
    {"http-overload", measure_http_overload},
    {"http-cache", measure_http_cache},
    {"http-loops", measure_http_loops},
};
constexpr const char* hops_name = "hops";

struct bench_options {
  std::vector<std::string> only; ///< empty: all
  bool quick = false;
  bool strict = false;

  bool wants(const std::string& name) const { return only.empty() || std::find(only.begin(), only.end(), name) != only.end(); }
};

/// Runs one measure; false, with the reason on stderr, if it could not be taken.
template <class Work>
bool take(const char* name, Work work) {
  std::fprintf(stderr, "== measure %s\n", name);
  try {
    work();
    return true;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "troupe_bench: %s could not be measured: %s\n", name, failure.what());
    return false;
  }
}

int run(const bench_options& options) {
  lab room(options.quick);
  findings all;
  std::string hops;
  bool complete = true;
  for (const auto& each : measures)
    if (options.wants(each.name))
      complete &= take(each.name, [&] {
        auto found = each.run(room);
        all.insert(all.end(), found.begin(), found.end());
      });
  if (options.wants(hops_name))
    complete &= take(hops_name, [&] { hops = trace_hops(room); });
  std::printf("%s\n%s", render(all).c_str(), hops.c_str());
  auto met = std::count_if(all.begin(), all.end(), [](const finding& each) { return each.met; });
  std::printf("%td of %zu goals met\n", met, all.size());
  bool all_met = static_cast<std::size_t>(met) == all.size();
  return complete && (all_met || !options.strict) ? 0 : 1;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& each : measures)
    all.emplace_back(each.name);
  all.emplace_back(hops_name);
  return all;
}

} // namespace

} // namespace troupe::bench

int main(int argc, char** argv) {
  troupe::bench::bench_options options;
  CLI::App app("Measures a node against its goals and its floors, by turns, and prints one table.");
  app.add_option("--only", options.only, "Only these measures")->check(CLI::IsMember(troupe::bench::names()));
  app.add_flag("--quick", options.quick, "One short sample of each: shows that it runs, and little else");
  app.add_flag("--strict", options.strict, "The exit code is 1 if a goal is not met, too");
  CLI11_PARSE(app, argc, argv);
  return troupe::bench::run(options);
}
