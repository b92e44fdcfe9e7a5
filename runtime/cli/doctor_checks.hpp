#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/cli/cluster_probe.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What `troupe doctor` found out about this machine, before it judges. The parts are as `machine_probe` fills them.
struct host_program_facts {
  std::string path;
  std::string version; ///< what it says of itself, "troupe-host 0.1.0, libtorch …"; empty: it doesn't run
  std::string reason;  ///< why it doesn't
};

struct limit_facts {
  std::uint32_t cores = 0;
  std::uint64_t memory_available = 0;
  std::uint64_t open_files_max = 0; ///< hard limit; a node raises its own up to that
  std::uint64_t processes_max = 0;  ///< soft limit
  int overcommit = 0;               ///< vm.overcommit_memory
};

struct kernel_facts {
  std::string release;
  std::vector<std::string> missing; ///< of what the sandbox and the forks stand on
};

struct listen_facts {
  std::string address;
  std::string refusal; ///< why nobody can listen there now; empty: one can
  std::string node;    ///< who answers there, "node-1, troupe 0.1.0, pid 42"; empty: no node does
};

struct data_facts {
  std::string folder;
  bool there = false;
  std::string refusal; ///< why it can't be written, or made; empty: it can
  std::uint64_t free_bytes = 0;
  std::string filesystem;
  std::optional<long> holder; ///< process that holds its lock; 0: one that can't be seen from here
};

/// How clients on other machines come in.
struct exposure_facts {
  std::string beyond;            ///< addresses for clients that are beyond loopback, "0.0.0.0:7550, …"; "": none
  bool insecure = false;         ///< insecure_listen
  bool may_be_in_cluster = true; ///< by its file, or because it has run before
};

/// What the user of this command has of `troupe login`.
struct login_facts {
  std::string folder;
  std::string user;    ///< "anna, admin, until 2026-11-24T10:00:00Z"; "": nobody has logged in
  std::string trouble; ///< why it is of no use
  bool soon = false;   ///< the certificate is near its end
};

struct machine_facts {
  std::string own_version;
  host_program_facts host;
  limit_facts limits;
  kernel_facts kernel;
  listen_facts listen;
  listen_facts http; ///< without `node`; no address: no HTTP
  data_facts data;
  exposure_facts exposure;
  std::optional<cluster_port_facts> cluster; ///< the node's own port
  std::vector<cluster_port_facts> seeds;     ///< of the cluster that it is to join
  login_facts login;
  wall_time now;
  bool time_synchronized = true; ///< a time service sets the clock, says the kernel
  bool proc_mounted = false;
};

enum class grade { ok, warn, bad };

std::string_view to_string(grade g);

/// One row of what the doctor says.
struct finding {
  std::string check;
  grade judged = grade::ok;
  std::string found;
  std::string advice; ///< what to do; empty if nothing
};

finding check_host_program(const host_program_facts& host, const std::string& own_version);
finding check_blas(const host_program_facts& host);
finding check_cores(const limit_facts& limits);
finding check_memory(const limit_facts& limits);
finding check_open_files(const limit_facts& limits);
finding check_processes(const limit_facts& limits);
finding check_overcommit(const limit_facts& limits);
finding check_kernel(const kernel_facts& kernel);
finding check_listen(const listen_facts& listen);
/// A node that is at `listen` has the other address as well.
finding check_http(const listen_facts& http, const listen_facts& listen);
finding check_data_folder(const data_facts& data);
finding check_filesystem(const data_facts& data);
finding check_exposure(const exposure_facts& exposure);
/// A node's certificate, and whether the cluster that it is to join can be reached.
finding check_cluster(const std::optional<cluster_port_facts>& own, const std::vector<cluster_port_facts>& seeds);
finding check_login(const login_facts& login);
/// `others`: nodes whose clocks are known.
finding check_clock(wall_time now, bool synchronized, const std::vector<cluster_port_facts>& others);
finding check_proc(bool mounted);

/// All of them, in the order in which they are shown.
std::vector<finding> examine(const machine_facts& facts);

} // namespace troupe
