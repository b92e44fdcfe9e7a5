#pragma once

#include <string>

namespace troupe {

/// Path of the troupe-host that came with this program: beside it as it is built, in ../libexec/troupe as it is installed. Where neither
/// is there, the one beside it.
std::string host_program();

/// The same of troupe-lan.
std::string lan_program();

} // namespace troupe
