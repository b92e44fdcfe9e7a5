#pragma once

#include "runtime/base/event.hpp"

namespace troupe {

class no_events final : public event_sink {
public:
  void emit(event) override {}
};

} // namespace troupe
