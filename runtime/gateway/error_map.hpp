#pragma once

#include "storage/error_schema.hpp"

#include <string>

namespace troupe {

/// As Triton answers, whose clients there are: whatever a later try may mend is 503.
unsigned to_http_status(error_code code);

/// What is said to clients who are not the node's operators: the message, but of trouble inside the node only what to do.
std::string told_to_clients(const error& failure);

} // namespace troupe
