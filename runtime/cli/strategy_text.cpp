#include "runtime/cli/strategy_text.hpp"

#include "runtime/base/printable.hpp"
#include "runtime/base/rollout_toml.hpp"
#include "runtime/base/text_file.hpp"

namespace troupe {

namespace {

constexpr std::size_t rollout_bytes_max = 256 << 10; // as of the one in a model's folder

result<std::string> read_rollout_file(const std::string& path) {
  auto text = read_text_file(path, rollout_bytes_max);
  if (!text)
    return text;
  if (auto spec = parse_rollout_toml(*text, path); !spec)
    return spec.failure();
  return text;
}

/// From the deploy until the first stage.
constexpr std::chrono::minutes start_patience{5};

} // namespace

std::chrono::nanoseconds patience_for(const std::string& rollout_toml) {
  std::chrono::nanoseconds longest = start_patience;
  if (auto spec = parse_rollout_toml(rollout_toml, "rollout.toml"); spec)
    for (const auto& stage : spec->stages)
      longest += stage.hold + spec->overdue;
  return longest;
}

result<std::string> rollout_text_from(const std::string& name_or_path) {
  if (names_a_file(name_or_path))
    return read_rollout_file(name_or_path);
  auto strategy = strategy_from(name_or_path);
  if (!strategy)
    return error{error_code::invalid_argument,
                 "strategy: expected rolling, canary, blue_green, ab or shadow, or a file like ./rollout.toml, found '"
                     + printable(name_or_path) + "'"};
  return *strategy == rollout_strategy::rolling ? std::string() : default_rollout_toml(*strategy);
}

} // namespace troupe
