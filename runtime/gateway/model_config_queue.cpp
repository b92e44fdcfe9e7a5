#include "runtime/gateway/model_config_queue.hpp"

#include "runtime/gateway/model_config_fields.hpp"

#include <algorithm>

namespace troupe {

namespace {

using json = nlohmann::json;

constexpr const char* batching_path = "dynamic_batching";

std::string at(const char* key) {
  return std::string(batching_path) + "." + key;
}

std::string line(const char* key, const std::string& value) {
  return std::string(key) + " = " + value + "\n";
}

std::string microseconds(std::int64_t count) {
  return "\"" + std::to_string(count) + "us\"";
}

/// An enumeration's value may stand by its name or its number.
bool delays(const json& action, const std::string& path) {
  if (action.is_null() || action == "REJECT" || action == 0)
    return false;
  if (action == "DELAY" || action == 1)
    return true;
  throw bad_config{path + ": expected REJECT or DELAY"};
}

/// What a ModelQueuePolicy says, but for its size.
std::string policy_toml(const json& policy, const std::string& path) {
  std::string toml;
  const auto& timeout = field_of(policy, "default_timeout_microseconds");
  if (!timeout.is_null())
    toml += line("default_timeout", microseconds(number_of(timeout, path + ".default_timeout_microseconds")));
  bool may_override = flag_of(field_of(policy, "allow_timeout_override"), path + ".allow_timeout_override");
  toml += line("allow_timeout_override", may_override ? "true" : "false");
  if (delays(field_of(policy, "timeout_action"), path + ".timeout_action"))
    toml += line("timeout_action", "\"delay\"");
  return toml;
}

/// Requests that may wait, of which each has a row at least; 0: no bound.
std::int64_t size_of(const json& policy, const std::string& path, std::int64_t max_batch) {
  const auto& size = field_of(policy, "max_queue_size");
  auto requests = size.is_null() ? 0 : number_of(size, path + ".max_queue_size");
  return requests == 0 ? 0 : std::max(requests, max_batch);
}

std::string wish_toml(const json& batching) {
  std::string toml;
  const auto& delay = field_of(batching, "max_queue_delay_microseconds");
  if (!delay.is_null())
    toml += line("max_delay", microseconds(number_of(delay, at("max_queue_delay_microseconds"))));
  const auto& preferred = field_of(batching, "preferred_batch_size");
  if (!preferred.is_null() && !list_of(preferred, at("preferred_batch_size")).empty())
    toml += line("preferred_batch", numbers_of(preferred, at("preferred_batch_size")));
  if (flag_of(field_of(batching, "preserve_ordering"), at("preserve_ordering")))
    toml += line("preserve_order", "true");
  return toml.empty() ? "" : "[batching]\n" + toml;
}

/// What holds at a level: the default policy, where it has none of its own.
std::string level_toml(const json& batching, std::int64_t level, std::int64_t max_batch) {
  const auto& own = object_of(field_of(batching, "priority_queue_policy"), at("priority_queue_policy"));
  auto key = std::to_string(level);
  bool has_own = own.contains(key);
  auto path = has_own ? at("priority_queue_policy") + "." + key : at("default_queue_policy");
  const auto& policy = object_of(has_own ? own.at(key) : field_of(batching, "default_queue_policy"), path);
  auto toml = "[[queue.priority]]\n" + line("level", key);
  if (auto rows = size_of(policy, path, max_batch); rows > 0)
    toml += line("rows", std::to_string(rows));
  return toml + (has_own ? policy_toml(policy, path) : "");
}

std::string queue_toml(const json& batching, std::int64_t levels, std::int64_t max_batch) {
  std::string toml;
  const auto& common = field_of(batching, "default_queue_policy");
  if (!common.is_null())
    toml += policy_toml(object_of(common, at("default_queue_policy")), at("default_queue_policy"));
  const auto& level = field_of(batching, "default_priority_level");
  if (!level.is_null() && levels > 0)
    toml += line("default_level", std::to_string(number_of(level, at("default_priority_level"))));
  for (std::int64_t each = 1; each <= levels; ++each)
    toml += level_toml(batching, each, max_batch);
  return toml.empty() ? "" : "[queue]\n" + toml;
}

nlohmann::ordered_json policy_config(const queue_level& level, std::uint32_t rows) {
  return {{"timeout_action", level.on_timeout == timeout_action::delay ? "DELAY" : "REJECT"},
          {"default_timeout_microseconds", level.timeout.count()},
          {"allow_timeout_override", level.may_override},
          {"max_queue_size", rows}};
}

} // namespace

nlohmann::ordered_json batching_config(const model_spec& spec) {
  const auto& levels = spec.queue_levels;
  nlohmann::ordered_json config{{"preferred_batch_size", spec.batching.preferred},
                                {"max_queue_delay_microseconds", spec.batching.max_delay.count()},
                                {"preserve_ordering", spec.batching.preserve_order},
                                {"priority_levels", levels.size()},
                                {"default_priority_level", spec.default_priority}};
  if (levels.size() == 1)
    config["default_queue_policy"] = policy_config(levels.front(), spec.queue_rows_max);
  else
    for (std::size_t i = 0; i < levels.size(); ++i)
      config["priority_queue_policy"][std::to_string(i + 1)] = policy_config(levels[i], levels[i].rows_max);
  return config;
}

std::string batching_toml(const json& config, std::int64_t max_batch) {
  constexpr std::int64_t levels_max = 1024; // model.toml allows fewer; its reader says so
  const auto& batching = object_of(field_of(config, batching_path), batching_path);
  const auto& count = field_of(batching, "priority_levels");
  auto levels = count.is_null() ? 0 : std::min(number_of(count, at("priority_levels")), levels_max);
  if (levels == 1 && field_of(batching, "priority_queue_policy").is_null())
    levels = 0; // all requests are alike
  const auto& common = object_of(field_of(batching, "default_queue_policy"), at("default_queue_policy"));
  auto rows = levels > 0 ? 0 : size_of(common, at("default_queue_policy"), max_batch);
  auto limits = rows > 0 ? "[limits]\n" + line("queue_rows", std::to_string(rows)) : "";
  return limits + wish_toml(batching) + queue_toml(batching, levels, max_batch);
}

} // namespace troupe
