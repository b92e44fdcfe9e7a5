#include "cluster/flap_limit.hpp"

namespace troupe {

telling flap_limit::on_suspected(const node_id& id, steady_time now) {
  auto& one = of_[id];
  if (now < one.hushed_until)
    return telling::not_at_all;
  while (!one.suspected.empty() && one.suspected.front() + window <= now)
    one.suspected.pop_front();
  one.suspected.push_back(now);
  if (one.suspected.size() < suspicions_max)
    return telling::plainly;
  one.suspected.clear();
  one.hushed_until = now + window;
  return telling::as_one_of_many;
}

bool flap_limit::tells_return(const node_id& id, steady_time now) const {
  auto found = of_.find(id);
  return found == of_.end() || now >= found->second.hushed_until;
}

} // namespace troupe
