#include "runtime/cli/reachable_address.hpp"

#include "runtime/base/config.hpp"

namespace troupe {

std::string reachable_address(const std::string& listen, const std::string& asked) {
  auto there = listen_address_from(listen);
  auto here = listen_address_from(asked);
  if (!there || !here)
    return {};
  if (there->host == "0.0.0.0" || there->host == "::")
    return asked.substr(0, asked.rfind(':')) + listen.substr(listen.rfind(':'));
  return is_loopback(there->host) && !is_loopback(here->host) ? "" : listen;
}

} // namespace troupe
