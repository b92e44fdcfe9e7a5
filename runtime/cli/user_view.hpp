#pragma once

#include "schemas/control.capnp.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace troupe {

nlohmann::ordered_json users_json(schema::Control::ListUsersResults::Reader users);
std::string users_text(schema::Control::ListUsersResults::Reader users, std::int64_t now_unix_ns, bool colors);

} // namespace troupe
