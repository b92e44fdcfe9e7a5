#pragma once

#include "runtime/serving/spread.hpp"

#include <memory>

namespace troupe {

/// A version that is answered by that pool alone.
inline std::shared_ptr<spread> spread_of(const std::shared_ptr<pool>& local, const clock& time) {
  auto made = std::make_shared<spread>(local->id(), local->spec(), time, 1);
  made->set_local(local);
  return made;
}

} // namespace troupe
