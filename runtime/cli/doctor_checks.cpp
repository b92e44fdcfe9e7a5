#include "runtime/cli/doctor_checks.hpp"

#include "cluster/joining.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/human_text.hpp"

#include <algorithm>

namespace troupe {

namespace {

// A template with libtorch loaded takes about 200 MB, and each replica its own working memory on top.
constexpr std::uint64_t memory_needed = 512ULL << 20;
constexpr std::uint64_t memory_wanted = 2ULL << 30;
// 2,048 connections (the default of `connections`), and some descriptors for each replica.
constexpr std::uint64_t open_files_needed = 1024;
constexpr std::uint64_t open_files_wanted = 4096;
constexpr std::uint64_t processes_needed = 256;
constexpr std::uint64_t processes_wanted = 1024;
constexpr std::uint64_t free_bytes_needed = 64ULL << 20;
constexpr std::uint64_t free_bytes_wanted = 2ULL << 30;
constexpr std::int64_t year_2024_unix_seconds = 1'704'067'200;
constexpr std::int64_t year_2100_unix_seconds = 4'102'444'800;

/// Less is worse.
grade by_amount(std::uint64_t amount, std::uint64_t needed, std::uint64_t wanted) {
  return amount < needed ? grade::bad : amount < wanted ? grade::warn : grade::ok;
}

finding judged_by_amount(std::string check, std::string found, grade judged, const std::string& advice) {
  return {std::move(check), judged, std::move(found), judged == grade::ok ? "" : advice};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string limit_text(std::uint64_t limit) {
  return limit == ~std::uint64_t{0} ? "unlimited" : std::to_string(limit);
}

/// "troupe-host 0.1.0, libtorch 1.13, OpenBLAS …" -> "libtorch 1.13, OpenBLAS …"
std::string after_first_comma(const std::string& text) {
  auto comma = text.find(", ");
  return comma == std::string::npos ? "" : text.substr(comma + 2);
}

} // namespace

std::string_view to_string(grade g) {
  switch (g) {
  case grade::ok: return "ok";
  case grade::warn: return "warn";
  case grade::bad: return "bad";
  }
  return "unknown";
}

finding check_host_program(const host_program_facts& host, const std::string& own_version) {
  if (host.version.empty())
    return {"troupe-host", grade::bad, host.path + ": " + host.reason,
            "put troupe-host beside troupe, or name it: host_binary in troupe.toml"};
  auto program = host.version.substr(0, host.version.find(','));
  if (program != "troupe-host " + own_version)
    return {"troupe-host", grade::bad, program + " at " + host.path,
            "this troupe is " + own_version + "; install both of one version"};
  return {"troupe-host", grade::ok, program + " at " + host.path, ""};
}

finding check_blas(const host_program_facts& host) {
  if (host.version.empty())
    return {"BLAS", grade::bad, "not known without troupe-host", "mend troupe-host first"};
  auto libraries = after_first_comma(host.version);
  if (contains(libraries, "no OpenBLAS"))
    return {"BLAS", grade::bad, libraries.substr(0, libraries.find(';')),
            "install libopenblas0-openmp (then: update-alternatives --config libblas.so.3-$(uname -m)-linux-gnu)"};
  return {"BLAS", grade::ok, libraries, ""};
}

finding check_cores(const limit_facts& limits) {
  auto found = std::to_string(limits.cores) + (limits.cores == 1 ? " core" : " cores");
  return judged_by_amount("cores", found, limits.cores < 2 ? grade::warn : grade::ok,
                          "clients and models share one core; latency will vary: use 2 or more");
}

finding check_memory(const limit_facts& limits) {
  return judged_by_amount("memory", human_size(limits.memory_available) + " available",
                          by_amount(limits.memory_available, memory_needed, memory_wanted),
                          "libtorch alone takes about 200 MiB, and each model and replica its own; make room");
}

finding check_open_files(const limit_facts& limits) {
  return judged_by_amount("open files", "at most " + limit_text(limits.open_files_max),
                          by_amount(limits.open_files_max, open_files_needed, open_files_wanted),
                          "raise the hard limit (ulimit -Hn, LimitNOFILE= of a service) to " + std::to_string(open_files_wanted)
                              + ", or lower connections in troupe.toml");
}

finding check_processes(const limit_facts& limits) {
  return judged_by_amount("processes", "at most " + limit_text(limits.processes_max),
                          by_amount(limits.processes_max, processes_needed, processes_wanted),
                          "each replica is a process with threads: raise the limit (ulimit -u, LimitNPROC= of a service)");
}

finding check_overcommit(const limit_facts& limits) {
  auto found = "vm.overcommit_memory = " + std::to_string(limits.overcommit);
  return judged_by_amount("overcommit", found, limits.overcommit == 2 ? grade::warn : grade::ok,
                          "each fork of a replica is counted in full, though it shares the weights: set it to 0 or 1");
}

finding check_kernel(const kernel_facts& kernel) {
  std::string missing;
  for (const auto& one : kernel.missing)
    missing += (missing.empty() ? "" : ", ") + one;
  if (!missing.empty())
    return {"kernel", grade::bad, kernel.release + " without " + missing,
            "models can't be fenced in: use a kernel of 5.10 or later, and a container runtime that allows these calls"};
  return {"kernel", grade::ok, kernel.release + " with all that the sandbox needs", ""};
}

finding check_listen(const listen_facts& listen) {
  if (!listen.node.empty())
    return {"address", grade::ok, listen.address + ": " + listen.node + " is there", ""};
  if (!listen.refusal.empty())
    return {"address", grade::bad, listen.address + ": " + listen.refusal,
            "something else is there, or the address is none of this machine: change listen in troupe.toml"};
  return {"address", grade::ok, listen.address + " is free", ""};
}

finding check_http(const listen_facts& http, const listen_facts& listen) {
  if (http.address.empty())
    return {"HTTP", grade::ok, "switched off", ""};
  if (http.refusal.empty())
    return {"HTTP", grade::ok, http.address + " is free", ""};
  if (!listen.node.empty())
    return {"HTTP", grade::ok, http.address + " is in use; a node runs here", ""};
  return {"HTTP", grade::bad, http.address + ": " + http.refusal,
          "something else is there: change http in troupe.toml, or set it to \"\" for no HTTP"};
}

finding check_data_folder(const data_facts& data) {
  if (!data.refusal.empty())
    return {"data folder", grade::bad, data.folder + ": " + data.refusal,
            "make it writable for this user, or name another: data in troupe.toml"};
  if (data.holder)
    return {"data folder", grade::ok,
            data.folder + " is in use" + (*data.holder > 0 ? " by process " + std::to_string(*data.holder) : ""), ""};
  return {"data folder", grade::ok, data.folder + (data.there ? " is writable" : " can be made"), ""};
}

finding check_filesystem(const data_facts& data) {
  auto found = human_size(data.free_bytes) + " free, " + data.filesystem;
  auto by_space = by_amount(data.free_bytes, free_bytes_needed, free_bytes_wanted);
  if (by_space != grade::ok)
    return {"disk", by_space, found, "models and state need room: free some, or name another folder: data in troupe.toml"};
  if (data.filesystem == "tmpfs" || data.filesystem == "ramfs")
    return {"disk", grade::warn, found, "what stands in memory is gone after a restart of the machine: use a disk"};
  if (data.filesystem == "nfs" || data.filesystem == "cifs" || data.filesystem == "fuse")
    return {"disk", grade::warn, found, "locks and syncs may not hold there: use a local disk"};
  return {"disk", grade::ok, found, ""};
}

finding check_exposure(const exposure_facts& exposure) {
  if (exposure.beyond.empty())
    return {"other machines", grade::ok, "clients come from this machine alone", ""};
  if (exposure.insecure)
    return {"other machines", grade::warn, "insecure_listen: " + exposure.beyond + " let in whoever comes, in clear",
            "whoever reaches them may do everything: unset insecure_listen, put the node into a cluster, and use `troupe login`"};
  if (!exposure.may_be_in_cluster)
    return {"other machines", grade::bad, exposure.beyond + " without a cluster",
            "a node won't start so: found a cluster (cluster in troupe.toml), join one, or listen on 127.0.0.1"};
  return {"other machines", grade::ok, "clients come by TLS to " + exposure.beyond, ""};
}

finding check_cluster(const std::optional<cluster_port_facts>& own, const std::vector<cluster_port_facts>& seeds) {
  if (own && !own->trouble.empty())
    return {"cluster", grade::bad, own->address + ": " + own->trouble,
            "a node renews its certificate while it reaches its leader: set the clock if it is wrong, then start the node again "
            "with --join"};
  bool none_answers = std::none_of(seeds.begin(), seeds.end(), [](const cluster_port_facts& seed) { return seed.answers; });
  if (!seeds.empty() && none_answers)
    return {"cluster", grade::warn, "no node answers at " + seeds.front().address + (seeds.size() > 1 ? " or the others" : ""),
            "a node that hasn't joined yet waits for one of them: look at join in troupe.toml, and at firewalls"};
  if (own && own->answers)
    return {"cluster", grade::ok, own->address + ": a node with a good certificate is there", ""};
  return {"cluster", grade::ok, seeds.empty() ? "none to join" : "it can be joined", ""};
}

finding check_login(const login_facts& login) {
  if (!login.trouble.empty())
    return {"login", grade::warn, login.trouble,
            "get a new certificate: `troupe login HOST:7551 --token TOKEN`, or `troupe logout`"};
  if (login.soon)
    return {"login", grade::warn, login.user, "the certificate ends soon; get another: `troupe login HOST:7551 --token TOKEN`"};
  return {"login", grade::ok, login.user.empty() ? "nobody has logged in" : login.user, ""};
}

finding check_clock(wall_time now, bool synchronized, const std::vector<cluster_port_facts>& others) {
  auto time = time_text(now.time_since_epoch().count());
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (seconds < year_2024_unix_seconds || seconds >= year_2100_unix_seconds)
    return {"clock", grade::bad, time, "events would be filed under a wrong time: set the clock (timedatectl set-ntp true)"};
  for (const auto& other : others)
    if (auto off = other.clock_ahead < other.clock_ahead.zero() ? -other.clock_ahead : other.clock_ahead;
        off > clock_difference_max)
      return {
          "clock", grade::bad,
          human_duration(off) + (other.clock_ahead > other.clock_ahead.zero() ? " behind" : " ahead of") + " that of "
              + other.address,
          "nodes whose clocks differ don't take each other's certificates: set the one that is wrong (timedatectl set-ntp true)"};
  return judged_by_amount("clock", time, synchronized ? grade::ok : grade::warn,
                          "no time service sets it, so it will drift, and certificates end by it: timedatectl set-ntp true");
}

finding check_proc(bool mounted) {
  return judged_by_amount("/proc", mounted ? "mounted" : "not mounted", mounted ? grade::ok : grade::bad,
                          "a node watches its hosts there: mount -t proc proc /proc");
}

std::vector<finding> examine(const machine_facts& facts) {
  return {check_host_program(facts.host, facts.own_version),
          check_blas(facts.host),
          check_cores(facts.limits),
          check_memory(facts.limits),
          check_open_files(facts.limits),
          check_processes(facts.limits),
          check_overcommit(facts.limits),
          check_kernel(facts.kernel),
          check_proc(facts.proc_mounted),
          check_listen(facts.listen),
          check_http(facts.http, facts.listen),
          check_data_folder(facts.data),
          check_filesystem(facts.data),
          check_exposure(facts.exposure),
          check_cluster(facts.cluster, facts.seeds),
          check_login(facts.login),
          check_clock(facts.now, facts.time_synchronized, facts.seeds)};
}

} // namespace troupe
