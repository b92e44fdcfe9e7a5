#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Members of one cluster that announce themselves in the neighbourhood, as troupe-lan tells of them. Anybody may announce anything, so this is hearsay: addresses to
/// try, where TLS then decides. What it keeps is bounded.
class sightings {
public:
  static constexpr std::size_t kept_max = 64; ///< announcements; once there are so many, new ones are passed over
  static constexpr std::size_t line_bytes_max = 512;

  /// `cluster_id`: 32 hex digits. `own_node`: whose announcements are its own echo, and passed over.
  sightings(std::string cluster_id, std::string own_node);

  /// A line of troupe-lan, without its end. NAME is the announcement's own:
  ///
  ///     seen NAME CLUSTER NODE ADDRESS      or has other contents than before
  ///     gone NAME
  ///
  /// What is of another cluster, or makes no sense, counts as gone.
  void take(std::string_view line);
  /// Nobody tells any more what is still true.
  void forget() { seen_.clear(); }

  /// Cluster ports, "10.0.0.2:7551", each once.
  std::vector<std::string> addresses() const;

private:
  /// The address in what follows "seen NAME "; empty if it isn't for us.
  std::string address_in(std::string_view announced) const;

  const std::string cluster_id_;
  const std::string own_node_;
  std::map<std::string, std::string, std::less<>> seen_; ///< addresses by name
};

/// Whether others could connect to it: a host in figures or a name, which isn't "any" (0.0.0.0, ::), and a port.
bool is_reachable_address(std::string_view address);

} // namespace troupe
