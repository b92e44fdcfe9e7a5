#include "cluster/warn_limit.hpp"

#include <iterator>

namespace troupe {

bool warn_limit::due(const std::string& name, steady_time now) {
  for (auto each = warned_.begin(); each != warned_.end();)
    each = now - each->second >= pause ? warned_.erase(each) : std::next(each);
  if (warned_.size() >= names_max || warned_.count(name) != 0)
    return false;
  warned_.emplace(name, now);
  return true;
}

} // namespace troupe
