#include "runtime/node/log_line.hpp"

#include "runtime/base/units.hpp"

#include <nlohmann/json.hpp>

namespace troupe {

std::string json_log_line(const event& e) {
  nlohmann::ordered_json line = {{"time", utc_text(e.at)}, {"level", to_string(e.level)}, {"event", e.name}};
  if (!e.origin.empty())
    line["actor"] = e.origin;
  for (const auto& [name, value] : e.fields) {
    bool taken = name == "time" || name == "level" || name == "event" || name == "actor";
    line[taken ? name + "_" : name] = value;
  }
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace troupe
