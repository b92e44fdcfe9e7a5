#pragma once

#include "runtime/base/rollout_spec.hpp"
#include "runtime/base/toml_reader.hpp"

namespace troupe {

/// The sections `[[check]]` of a rollout.toml; rollout_toml.hpp documents them. With `stages_known`, `spec` has its stages and its
/// rule of who is always answered by the candidate, and a check that never gets data from them is a problem, too.
void read_checks(toml_section& root, rollout_spec& spec, bool stages_known);

} // namespace troupe
