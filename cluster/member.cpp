#include "cluster/member.hpp"

namespace troupe {

const char* to_string(member_state state) {
  switch (state) {
  case member_state::alive: return "alive";
  case member_state::suspect: return "suspect";
  case member_state::dead: return "dead";
  case member_state::left: return "left";
  case member_state::removed: return "removed";
  }
  return "unknown";
}

bool supersedes(const member_news& told, const member_news& known) {
  if (known.state == member_state::removed)
    return false;
  if (told.state == member_state::removed)
    return true;
  if (told.incarnation != known.incarnation)
    return told.incarnation > known.incarnation;
  if (told.state != known.state)
    return told.state > known.state;
  return told.draining && !known.draining; // the leader and the member have raised it at once
}

} // namespace troupe
