#include "tests/sim/seen_deployment.hpp"

namespace troupe {

bool is_undone(const deployment_view& view) {
  if (view.versions.empty())
    return false;
  auto state = view.versions.front().record.state;
  return state == version_state::failed || state == version_state::rolled_back;
}

version_number usable_version(const deployment_view& view) {
  for (const auto& version : view.versions)
    if (version.record.id.number == view.record.current_version && version.record.state == version_state::live)
      return view.record.current_version;
  return 0;
}

} // namespace troupe
