#pragma once

#include <string>

namespace troupe {

/// A figure as a person reads it in a verdict's reason: "0.52", "3.1", "41", "over a million".
std::string figure(double value);
/// A share of one: "3.1 %"
std::string percent(double share);
/// "e-value 41 > 20", or "e-value 3 of 20"
std::string evidence_words(double e_value, double threshold);

} // namespace troupe
