#include "runtime/base/rollout_toml.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace troupe {

namespace {

bool is_one_of(rollout_strategy strategy, const rollout_spec& spec) {
  return std::any_of(spec.stages.begin(), spec.stages.end(),
                     [strategy](const stage_spec& stage) { return stage.strategy == strategy; });
}

/// One problem a line, each with its place in the file.
void check_refusal(const error& why) {
  require(why.code == error_code::invalid_argument && !why.message.empty(), "a refusal says why");
  std::string_view left = why.message;
  while (!left.empty()) {
    auto line = left.substr(0, left.find('\n'));
    require(line.rfind("rollout.toml:", 0) == 0, "each line of a refusal names the file");
    require(std::none_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }),
            "a refusal can be printed");
    left.remove_prefix(std::min(line.size() + 1, left.size()));
  }
}

void check_stage(const stage_spec& stage) {
  require(stage.strategy != rollout_strategy::rolling, "a rolling rollout has no stages");
  require(stage.weight <= all_requests && stage.copies <= all_requests, "shares are of a thousand");
  require((stage.copies > 0) == (stage.strategy == rollout_strategy::shadow), "only shadow stages have copies");
  require(stage.strategy != rollout_strategy::canary || stage.weight >= rollout_weight_min, "a canary gets requests");
  require(stage.strategy != rollout_strategy::ab || (stage.weight >= rollout_weight_min && stage.weight <= rollout_ab_weight_max),
          "both sides of an A/B stage get requests");
  require(stage.hold.count() >= 0 && stage.hold <= rollout_hold_max, "a hold is bounded");
  require(stage.samples <= rollout_samples_max, "samples are bounded");
}

void check_stages(const std::vector<stage_spec>& stages) {
  require(stages.size() <= rollout_steps_max + 3, "a rollout has at most each other strategy's one stage beside the steps");
  for (std::size_t i = 0; i < stages.size(); ++i) {
    check_stage(stages[i]);
    require(i == 0 || stages[i].weight >= stages[i - 1].weight, "weights never fall");
  }
}

void check_traffic(const rollout_spec& spec) {
  require((spec.key.kind == split_key_kind::header) == !spec.key.header.empty(), "a header's key has its name");
  require(spec.key.header.size() <= rollout_header_max, "a header's name is bounded");
  require(spec.key.kind != split_key_kind::none || !is_one_of(rollout_strategy::ab, spec), "A/B has a key");
  require(!spec.stages.empty() || (spec.key.kind == split_key_kind::none && !spec.always), "what has no stages divides nothing");
  if (!spec.always)
    return;
  require(!spec.always->caller.empty() || !spec.always->header.empty(), "a rule names somebody");
  require(spec.always->header.empty() == spec.always->header_value.empty(), "a rule's header has a value");
  require(spec.always->caller.size() <= rollout_caller_max && spec.always->header.size() <= rollout_header_max
              && spec.always->header_value.size() <= rollout_value_max,
          "a rule's texts are bounded");
}

void check_check(const check_spec& check, const rollout_spec& spec) {
  require(check.tolerance >= 0 && check.tolerance <= rollout_tolerance_max, "a tolerance is bounded");
  bool is_share = check.kind == check_kind::disagreement || check.kind == check_kind::output_drift;
  require(!is_share || check.tolerance <= rollout_share_max, "a share is at most all");
  require(check.within >= 0 && check.within <= rollout_within_max, "a distance is bounded");
  require(check.by == output_look::values || is_share, "only what compares outputs looks at them otherwise");
  require(check.kind != check_kind::disagreement || is_one_of(rollout_strategy::shadow, spec), "only copies can disagree");
  require(check.margin.count() >= 0 && check.margin <= rollout_margin_max, "a margin is bounded");
  require(check.output.size() <= rollout_output_max, "an output's name is bounded");
  require(check.output.empty() || looks_into_answers(check.kind), "only checks of outputs name one");
}

void check_bounds(const rolling_bounds& bounds) {
  require(bounds.surge <= rollout_replicas_max && bounds.unavailable <= rollout_replicas_max, "a rolling rollout is bounded");
  require(bounds.surge + bounds.unavailable > 0, "a rolling rollout can replace something");
  require(bounds.hold.count() >= 0 && bounds.hold <= rollout_hold_max, "a hold is bounded");
}

} // namespace

/// A rollout.toml: what is taken is within its bounds and makes sense, and what is refused says where.
void fuzz_one(std::string_view input) {
  auto spec = parse_rollout_toml(input, "rollout.toml");
  if (!spec)
    return check_refusal(spec.failure());
  check_stages(spec->stages);
  check_traffic(*spec);
  require(spec->checks.size() <= rollout_checks_max, "checks are bounded");
  require(spec->checks.empty() || !spec->stages.empty() || spec->rolling, "a check has a stage to look at");
  require(!spec->rolling || spec->stages.empty(), "what is rolled has no other stages");
  if (spec->rolling)
    check_bounds(*spec->rolling);
  for (const auto& check : spec->checks)
    check_check(check, *spec);
  require(spec->alpha > 0 && spec->alpha <= rollout_alpha_max && spec->fuse <= rollout_fuse_max, "scalars are bounded");
  require(spec->overdue >= rollout_overdue_min && spec->overdue <= rollout_overdue_max, "overdue is bounded");
}

} // namespace troupe
