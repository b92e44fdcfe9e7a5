#include "runtime/gateway/http_feedback.hpp"

#include "runtime/oip/json_bounds.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace troupe {

namespace {

constexpr std::size_t body_depth_max = 2;

struct feedback {
  std::string id;
  double reward = 0;
};

result<feedback> read_feedback(std::string_view body) {
  if (auto bounded = check_json_bounds(body, body_depth_max); !bounded)
    return error{error_code::invalid_argument, "the body: " + bounded.failure().message};
  auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object() || parsed.size() != 2 || !parsed.contains("id") || !parsed["id"].is_string()
      || !parsed.contains("reward") || !parsed["reward"].is_number())
    return error{error_code::invalid_argument, R"(expected a body like {"id": "the request's id", "reward": 0.7})"};
  return feedback{parsed["id"], parsed["reward"]};
}

} // namespace

http_reply take_feedback(admission& door, const http_plan& plan, std::string_view caller, std::string_view body) {
  auto told = read_feedback(body);
  if (!told)
    return error_reply(told.failure());
  auto counted = door.reward(plan.route.model, {caller, told->id, plan.fields}, told->reward);
  return counted ? http_reply{200, *counted ? R"({"counted":true})" : R"({"counted":false})"} : error_reply(counted.failure());
}

} // namespace troupe
