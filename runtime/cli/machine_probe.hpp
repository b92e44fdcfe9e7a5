#pragma once

#include "runtime/base/config.hpp"
#include "runtime/cli/doctor_checks.hpp"

#include <string>

namespace troupe {

/// Looks at the machine that we run on, for a node with these options. Changes nothing: makes no folder, takes no lock.
machine_facts probe_machine(const node_options& options, const clock& time);

host_program_facts probe_host_program(const std::string& path);
limit_facts probe_limits();
kernel_facts probe_kernel();
/// Whether one can listen there; if not, whether it is a node that does.
listen_facts probe_listen(const std::string& address);
data_facts probe_data_folder(const std::string& folder);
exposure_facts probe_exposure(const node_options& options);
login_facts probe_login(wall_time now);

} // namespace troupe
