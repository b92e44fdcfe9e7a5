#include "runtime/policy/evidence/figures.hpp"

#include <cmath>
#include <cstdio>

namespace troupe {

std::string figure(double value) {
  if (std::isnan(value))
    return "unknown";
  if (value >= 1e6)
    return "over a million";
  char text[32];
  std::snprintf(text, sizeof text, value >= 99.5 ? "%.0f" : "%.2g", value);
  return text;
}

std::string percent(double share) {
  return figure(100 * share) + " %";
}

std::string evidence_words(double e_value, double threshold) {
  return "e-value " + figure(e_value) + (e_value >= threshold ? " > " : " of ") + figure(threshold);
}

} // namespace troupe
