#include "runtime/cli/load_ramp.hpp"

#include "runtime/cli/progress.hpp"

namespace troupe {

namespace {

load_options load_at(inference_door& door, const ramp_options& options, std::uint64_t pressure) {
  load_options load;
  load.silence_max = door.patience();
  if (options.open)
    load.rate = load_rate{static_cast<double>(pressure), *options.open, pressure};
  else
    load.concurrency = static_cast<std::uint32_t>(pressure);
  return load;
}

std::string label_of(const ramp_options& options, std::uint64_t pressure) {
  return options.open ? "rate " + std::to_string(pressure) : "concurrency " + std::to_string(pressure);
}

load_report run_for(const console& io, inference_door& door, load_options load, std::chrono::nanoseconds length,
                    const std::string& label) {
  progress bar(io, label, static_cast<std::uint64_t>(length.count()));
  load.time_limit = length;
  load.on_progress = [&](const load_report& so_far) {
    bar.show(static_cast<std::uint64_t>(so_far.elapsed.count()), load_amount(so_far));
  };
  return run_load(door.loop(), door.channels(), load);
}

} // namespace

ramp_report run_ramp(const console& io, inference_door& door, const ramp_options& options) {
  door.loop().on_interrupt("stopped by Ctrl-C; the figures are of the time before");
  ramp_report ramp;
  ramp.open = options.open;
  for (auto pressure : options.levels) {
    auto load = load_at(door, options, pressure);
    auto label = label_of(options, pressure);
    load_level level{pressure, {}};
    if (options.warmup.count() > 0)
      level.report.broken_off = run_for(io, door, load, options.warmup, "warm-up, " + label).broken_off;
    if (!level.report.broken_off)
      level.report = run_for(io, door, load, options.duration, label);
    ramp.levels.push_back(level);
    if (level.report.broken_off)
      break;
  }
  return ramp;
}

} // namespace troupe
