#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/labels.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Where a node listens.
struct listen_address {
  std::string host; ///< a name or an address; "::1" without its brackets
  std::uint16_t port = 0;
};

/// "127.0.0.1:7550", "localhost:0" (any free port), "[::1]:7550"; invalid_argument for anything else.
result<listen_address> listen_address_from(std::string_view text);

/// Whether only this machine reaches that host: 127.0.0.0/8 and ::1 in figures, and "localhost". Any other name may lead anywhere.
bool is_loopback(const std::string& host);

/// How a node watches the others of its cluster; cluster/suspicion_options.hpp says what they do.
struct membership_times {
  std::chrono::milliseconds probe_interval{200};
  std::chrono::milliseconds probe_timeout{200};
  std::chrono::milliseconds indirect_timeout{300};
  std::chrono::milliseconds dead_after{3000};
  std::chrono::milliseconds revive_interval{5000};
};

/// What a node is told when it starts: by its defaults, then its file, then its command line. Set once.
struct node_options {
  std::string name;                        ///< empty: the machine's host name
  std::string data_folder = "troupe-data"; ///< made if missing; one node at a time
  std::string listen = "127.0.0.1:7550";   ///< beyond loopback it speaks TLS, as a member of a cluster
  std::string http = "127.0.0.1:8000";     ///< where it speaks the Open Inference Protocol; "" nowhere. TLS as above
  std::string http_name = "troupe";        ///< what it calls itself by HTTP, for clients that expect a name they know
  bool insecure_listen = false;            ///< beyond loopback it lets in whoever comes, in clear
  std::string cluster;                     ///< its cluster port, for other nodes; "": it is alone, or as it was before
  std::string advertise;                   ///< where others reach that port; "": where it listens
  std::vector<std::string>
      join;             ///< members of the cluster that it joins, or that it looks at when it comes back and reaches nobody
  std::string discover; ///< "lan": by multicast DNS, and it announces itself; "": only by `join`
  std::string token;    ///< for that. Command line and TROUPE_TOKEN only
  std::optional<label_map>
      labels; ///< of this node, for placement; `zone` says what fails together. Nothing: those that it had as a member
  std::chrono::seconds certificate_lifetime = std::chrono::hours(24); ///< that the leader gives nodes
  membership_times membership{};
  std::string address_file;        ///< written with the address once the node serves; empty: none. Command line only
  std::string http_address_file;   ///< the same for HTTP's; before the other
  std::string host_binary;         ///< empty: `troupe-host` beside the node's own binary, or in ../libexec/troupe
  std::uint32_t gateway_loops = 0; ///< threads that serve clients; 0: half of the cores, at least 1

  std::chrono::microseconds default_deadline = std::chrono::seconds(5); ///< of a request that names none
  std::uint64_t message_bytes_max = 64ULL << 20;                        ///< one RPC message or HTTP body
  std::uint64_t body_bytes_max = 0;               ///< all HTTP bodies that it holds at once; 0: eight messages
  std::uint64_t artifact_bytes_max = 16ULL << 30; ///< one model file
  std::uint64_t chunk_bytes_max = 1ULL << 20;     ///< one Upload.write
  std::uint32_t connections_max = 2048;           ///< the next one is closed at once
  std::chrono::milliseconds login_timeout = std::chrono::seconds(10); ///< who has not logged in by then is closed
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);  ///< who asks nothing for so long by HTTP is closed
  std::uint32_t checks_max = 4;                                       ///< `troupe check` at once; the next one is refused
  std::uint32_t fetches_max = 4;                                      ///< artifacts from other nodes at once; others wait
  std::uint64_t disk_reserve = 64ULL << 20; ///< with less than that free for its data a node is given nothing more

  std::uint32_t events_max = 100'000; ///< kept; the oldest go first

  bool adopt = false; ///< take over a data folder of another machine. Command line only

  std::chrono::milliseconds drain_timeout =
      std::chrono::seconds(30); ///< requests that were accepted may finish for so long once it is asked to stop

  std::string log_level = "info";                ///< debug, info, warn, error or off
  std::map<std::string, std::string> log_actors; ///< the level of one of event_origins, where it is another
  std::string log_format = "text";               ///< text, or json: one object a line
};

/// Whether a node can start with these: names, addresses, limits that fit each other. For options from any source.
result<void> check(const node_options& options);

/// `defaults` with what the file says; already checked.
///
///     name = "node-1"
///     data = "/var/lib/troupe"
///     listen = "127.0.0.1:7550"
///     http = "127.0.0.1:8000"
///     http_name = "troupe"
///     insecure_listen = false
///     cluster = "10.0.0.1:7551"
///     advertise = "node-1.example.com:7551"
///     join = "10.0.0.2:7551, 10.0.0.3:7551"
///     discover = "lan"
///     labels = "zone=a, rack=3"
///     host_binary = "/usr/bin/troupe-host"
///     gateway_loops = 2
///     drain_timeout = "30s"
///     [limits]
///     default_deadline = "5s"
///     message_bytes = "64MiB"
///     body_bytes = 0
///     artifact_bytes = "16GiB"
///     chunk_bytes = "1MiB"
///     connections = 2048
///     login_timeout = "10s"
///     idle_timeout = "60s"
///     checks = 4
///     fetches = 4
///     disk_reserve = "64MiB"
///     [membership]
///     probe_interval = "200ms"
///     probe_timeout = "200ms"
///     indirect_timeout = "300ms"
///     dead_after = "3s"
///     revive_interval = "5s"
///     certificate_lifetime = "24h"
///     [events]
///     keep = 100000
///     [log]
///     level = "info"
///     format = "text"
///     [log.actors]
///     pool = "debug"
///
/// invalid_argument lists every problem, one a line, each with file, line, field, expected and found.
result<node_options> parse_node_toml(std::string_view text, std::string_view file_name, const node_options& defaults = {});

/// The same from a file; not_found or io_failed if it can't be read.
result<node_options> read_node_toml(const std::string& path, const node_options& defaults = {});

} // namespace troupe
