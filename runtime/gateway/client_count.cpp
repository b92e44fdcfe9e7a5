#include "runtime/gateway/client_count.hpp"

namespace troupe {

bool client_count::enter(door_kind by) {
  if (now_.fetch_add(1) < most_) {
    by_door_[static_cast<std::size_t>(by)].fetch_add(1);
    return true;
  }
  now_.fetch_sub(1);
  return false;
}

void client_count::leave(door_kind by) {
  by_door_[static_cast<std::size_t>(by)].fetch_sub(1);
  now_.fetch_sub(1);
}

} // namespace troupe
