#pragma once

#include <functional>

namespace troupe {

/// From now on SIGINT and SIGTERM run `clean_up` on a thread of its own and end the process with 128 + the signal's number. Call it
/// before any other thread is started. What started processes meanwhile goes with us (see child_options::detached).
void on_interrupt(std::function<void()> clean_up);

} // namespace troupe
