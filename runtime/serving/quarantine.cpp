#include "runtime/serving/quarantine.hpp"

#include <algorithm>

namespace troupe {

void quarantine::add(const input_digest& input) {
  if (entries_.size() == entries_max)
    entries_.pop_front();
  entries_.push_back(input);
}

bool quarantine::holds(const input_digest& input) const {
  return std::find(entries_.begin(), entries_.end(), input) != entries_.end();
}

} // namespace troupe
