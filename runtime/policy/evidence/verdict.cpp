#include "runtime/policy/evidence/verdict.hpp"

#include <algorithm>

namespace troupe {

const char* to_string(standing value) {
  switch (value) {
  case standing::worse: return "worse";
  case standing::fine: return "fine";
  default: return "undecided";
  }
}

standing overall(const std::vector<verdict>& checks) {
  auto is = [](standing value) { return [value](const verdict& each) { return each.is == value; }; };
  if (std::any_of(checks.begin(), checks.end(), is(standing::worse)))
    return standing::worse;
  bool all_fine = !checks.empty() && std::all_of(checks.begin(), checks.end(), is(standing::fine));
  return all_fine ? standing::fine : standing::undecided;
}

double alpha_share(const alpha_division& division) {
  auto part = [](std::uint32_t count) { return static_cast<double>(std::max<std::uint32_t>(count, 1)); };
  return division.alpha / (part(division.checks) * part(division.steps) * part(division.arms));
}

} // namespace troupe
