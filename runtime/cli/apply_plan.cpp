#include "runtime/cli/apply_plan.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t digest_digits = 12;

std::string short_digest(const std::string& digest) {
  return digest.empty() ? "-" : digest.substr(0, digest_digits);
}

void compare(std::vector<difference>& all, const char* what, const std::string& from, const std::string& to) {
  if (from != to)
    all.push_back({what, short_digest(from), short_digest(to)});
}

std::vector<difference> content_differences(const version_content& from, const version_content& to) {
  std::vector<difference> all;
  compare(all, "model.pt", from.model, to.model);
  compare(all, "model.toml", from.toml, to.toml);
  compare(all, "golden.json", from.golden, to.golden);
  return all;
}

void compare_replicas(std::vector<difference>& all, const apply_view& from, const apply_view& to) {
  if (to.replicas != 0 && to.replicas != from.replicas)
    all.push_back({"replicas", from.replicas == 0 ? "-" : std::to_string(from.replicas), std::to_string(to.replicas)});
}

const apply_view* find(const std::vector<apply_view>& all, const std::string& name) {
  auto at = std::find_if(all.begin(), all.end(), [&](const apply_view& one) { return one.name == name; });
  return at == all.end() ? nullptr : &*at;
}

} // namespace

std::string_view to_string(apply_action action) {
  switch (action) {
  case apply_action::deploy: return "deploy";
  case apply_action::scale: return "scale";
  case apply_action::undeploy: return "undeploy";
  }
  return "unknown";
}

std::vector<apply_change> plan_apply(const std::vector<apply_view>& wanted, const std::vector<apply_view>& found, bool prune) {
  std::vector<apply_change> plan;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto there = find(found, wanted[i].name);
    auto from = there == nullptr ? apply_view{wanted[i].name, {}, 0} : *there;
    auto differences = content_differences(from.content, wanted[i].content);
    auto action = differences.empty() ? apply_action::scale : apply_action::deploy;
    compare_replicas(differences, from, wanted[i]);
    if (!differences.empty())
      plan.push_back({action, wanted[i].name, i, std::move(differences), from.content.model.empty()});
  }
  for (const auto& one : found)
    if (prune && find(wanted, one.name) == nullptr)
      plan.push_back({apply_action::undeploy, one.name, 0, {}, false});
  return plan;
}

} // namespace troupe
