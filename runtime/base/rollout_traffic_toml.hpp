#pragma once

#include "runtime/base/rollout_spec.hpp"
#include "runtime/base/toml_reader.hpp"

namespace troupe {

/// The section `[traffic]` of a rollout.toml; rollout_toml.hpp documents it. An A/B test (`is_ab`) must have a key.
void read_traffic(toml_section& traffic, rollout_spec& spec, bool is_ab);

} // namespace troupe
