#pragma once

#include "schemas/control.capnp.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace troupe {

nlohmann::ordered_json nodes_json(schema::Control::NodesResults::Reader nodes);

/// A line about who leads, and a table; the leader and the node that was asked are marked.
std::string nodes_text(schema::Control::NodesResults::Reader nodes, std::int64_t now_unix_ns, bool colors);

/// A line about what a person should mend; nothing for nothing.
std::string trouble_line(const std::string& trouble);

/// Says in a line how old what is told is, that the leader is away, and what that means.
std::string leader_away_line(const std::string& leader_name, std::uint64_t state_age_us, bool unheard);

} // namespace troupe
