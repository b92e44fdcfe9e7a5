#pragma once

#include "schemas/control.capnp.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace troupe {

nlohmann::ordered_json tokens_json(schema::Control::ListTokensResults::Reader tokens);
std::string tokens_text(schema::Control::ListTokensResults::Reader tokens, std::int64_t now_unix_ns, bool colors);

/// What to type to join by a token, on the machine that joins. `address`: of a cluster port; empty: not known.
std::string join_line(const std::string& role, const std::string& address, const std::string& token);

} // namespace troupe
