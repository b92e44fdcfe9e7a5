#include "runtime/lan/interfaces.hpp"

#include <ifaddrs.h>
#include <net/if.h>

namespace troupe {

bool reaches_others_by_multicast() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0)
    return true; // nobody knows; what fails will be told
  bool found = false;
  for (auto each = list; each != nullptr; each = each->ifa_next) {
    auto flags = each->ifa_flags;
    bool addressed = each->ifa_addr != nullptr && (each->ifa_addr->sa_family == AF_INET || each->ifa_addr->sa_family == AF_INET6);
    found = found || (addressed && (flags & IFF_UP) != 0 && (flags & IFF_MULTICAST) != 0 && (flags & IFF_LOOPBACK) == 0);
  }
  ::freeifaddrs(list);
  return found;
}

} // namespace troupe
