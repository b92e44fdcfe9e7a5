#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/cli/restore_command.hpp"

#include <functional>

namespace troupe {

/// Makes a data folder from a backup, all or nothing. The node that starts on it is a new one (another id, whichever machine), with the
/// deployments of the old one; with `lead` it is the member whose folder it was, or, in a new folder, a new one in the place of the leader
/// whose backup it is, and leads. Errors: those of restore_job and take_lead, `failed_precondition` (to lead: another node's folder; else: the
/// backup is of a cluster's leader), and of a store that can't be opened.
result<restore_report> restore_data_folder(const restore_arguments& arguments,
                                           const std::function<void(const restore_progress&)>& on_progress, const clock& time);

} // namespace troupe
