#pragma once

#include <string>

namespace troupe {

/// A new node's id: 32 random hex digits.
std::string random_node_id();

/// What tells this machine from others: a hash of /etc/machine-id, which itself stays secret (machine-id(5)). Empty if the machine has none.
std::string machine_id();

} // namespace troupe
