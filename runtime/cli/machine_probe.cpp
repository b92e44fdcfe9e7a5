#include "runtime/cli/machine_probe.hpp"

#include "cluster/certificates.hpp"
#include "runtime/base/host_program.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/unique_fd.hpp"
#include "runtime/base/units.hpp"
#include "runtime/cli/client.hpp"
#include "runtime/cli/login_files.hpp"
#include "runtime/cli/wire.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/magic.h>
#include <netdb.h>
#include <spawn.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace troupe {

namespace {

namespace fs = std::filesystem;

std::string reason_of(int code) {
  return std::generic_category().message(code);
}

std::string first_line(int fd) {
  std::string text;
  char block[512];
  for (ssize_t size = 0; (size = ::read(fd, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(size));
  return printable(text.substr(0, text.find('\n')));
}

std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name;) {
    std::uint64_t kib = 0;
    file >> kib;
    if (name == "MemAvailable:")
      return kib << 10;
    file.ignore(1000, '\n');
  }
  return 0;
}

std::uint64_t limit_of(decltype(RLIMIT_NOFILE) which, rlim_t rlimit::* part) {
  rlimit limit{};
  ::getrlimit(which, &limit);
  return limit.*part == RLIM_INFINITY ? ~std::uint64_t{0} : limit.*part;
}

/// Empty if one can listen there.
std::string listen_refusal(const std::string& address) {
  auto parsed = listen_address_from(address);
  if (!parsed)
    return parsed.failure().message;
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int code = ::getaddrinfo(parsed->host.c_str(), std::to_string(parsed->port).c_str(), &hints, &found); code != 0)
    return ::gai_strerror(code);
  unique_fd door(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int on = 1;
  ::setsockopt(door.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bool free = ::bind(door.get(), found->ai_addr, found->ai_addrlen) == 0 && ::listen(door.get(), 1) == 0;
  auto reason = free ? "" : reason_of(errno);
  ::freeaddrinfo(found);
  return reason;
}

/// Empty if no node answers there.
std::string node_at(const std::string& address) {
  try {
    client node(address);
    auto answer = node.ask(node.control().statusRequest());
    auto status = answer.getNode();
    return printable(text_of(status.getName()) + ", troupe " + text_of(status.getVersion()) + ", pid "
                     + std::to_string(status.getPid()));
  } catch (const command_failure& why) { // no node is an answer, too
    return why.code() == exit_code::failed ? "a node that speaks only TLS" : "";
  }
}

std::string filesystem_name(const struct statfs& found) {
  switch (static_cast<unsigned long>(found.f_type)) {
  case EXT4_SUPER_MAGIC: return "ext4";
  case XFS_SUPER_MAGIC: return "xfs";
  case BTRFS_SUPER_MAGIC: return "btrfs";
  case TMPFS_MAGIC: return "tmpfs";
  case RAMFS_MAGIC: return "ramfs";
  case OVERLAYFS_SUPER_MAGIC: return "overlayfs";
  case NFS_SUPER_MAGIC: return "nfs";
  case CIFS_SUPER_MAGIC: return "cifs";
  case FUSE_SUPER_MAGIC: return "fuse";
  default: break;
  }
  std::ostringstream text;
  text << "file system 0x" << std::hex << found.f_type;
  return text.str();
}

/// The nearest folder above (or the path itself) that is there.
fs::path existing_part(const fs::path& folder) {
  std::error_code failure;
  auto part = fs::absolute(folder, failure);
  while (!part.empty() && part != part.root_path() && !fs::exists(part, failure))
    part = part.parent_path();
  return part;
}

/// Who holds the lock of a node on this file, as /proc/locks has it: "1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF".
std::optional<long> lock_holder(const fs::path& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0)
    return std::nullopt;
  char place[64];
  std::snprintf(place, sizeof place, "%02x:%02x:%llu", major(found.st_dev), minor(found.st_dev),
                static_cast<unsigned long long>(found.st_ino));
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream fields(line);
    std::string number, kind, manner, access, at;
    long pid = 0;
    fields >> number >> kind >> manner >> access >> pid >> at;
    if (kind == "FLOCK" && at == place)
      return std::max(0L, pid);
  }
  return std::nullopt;
}

/// By a time service; true where the kernel doesn't tell.
bool clock_is_set() {
  timex kernel{};
  return ::adjtimex(&kernel) < 0 || (kernel.status & STA_UNSYNC) == 0;
}

} // namespace

host_program_facts probe_host_program(const std::string& path) {
  host_program_facts facts{path, "", ""};
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return {path, "", reason_of(errno)};
  unique_fd output(pipe[0]);
  unique_fd input(pipe[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  std::string program = path;
  std::string question = "--version";
  char* arguments[] = {program.data(), question.data(), nullptr};
  pid_t pid = 0;
  int code = ::posix_spawn(&pid, path.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return {path, "", reason_of(code)};
  input.reset();
  facts.version = first_line(output.get());
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0 || facts.version.empty())
    return {path, "", "its --version failed"};
  return facts;
}

limit_facts probe_limits() {
  limit_facts facts;
  facts.cores = std::thread::hardware_concurrency();
  facts.memory_available = available_memory();
  facts.open_files_max = limit_of(RLIMIT_NOFILE, &rlimit::rlim_max);
  facts.processes_max = limit_of(RLIMIT_NPROC, &rlimit::rlim_cur);
  std::ifstream("/proc/sys/vm/overcommit_memory") >> facts.overcommit;
  return facts;
}

listen_facts probe_listen(const std::string& address) {
  listen_facts facts{address, listen_refusal(address), ""};
  if (!facts.refusal.empty())
    facts.node = node_at(address);
  return facts;
}

data_facts probe_data_folder(const std::string& folder) {
  data_facts facts;
  facts.folder = folder;
  std::error_code failure;
  facts.there = fs::is_directory(folder, failure);
  auto part = existing_part(folder);
  if (!fs::is_directory(part, failure))
    facts.refusal = part.string() + " is no folder";
  else if (::access(part.c_str(), W_OK | X_OK) != 0)
    facts.refusal = part.string() + ": " + reason_of(errno);
  struct statfs found{};
  if (::statfs(part.c_str(), &found) == 0) {
    facts.free_bytes = static_cast<std::uint64_t>(found.f_bavail) * static_cast<std::uint64_t>(found.f_bsize);
    facts.filesystem = filesystem_name(found);
  }
  facts.holder = lock_holder(fs::path(folder) / "lock");
  return facts;
}

exposure_facts probe_exposure(const node_options& options) {
  exposure_facts facts;
  facts.insecure = options.insecure_listen;
  facts.may_be_in_cluster = !options.cluster.empty() || !options.join.empty();
  for (const auto& address : {options.listen, options.http})
    if (auto parts = listen_address_from(address); parts && !is_loopback(parts->host))
      facts.beyond += (facts.beyond.empty() ? "" : ", ") + address;
  return facts;
}

login_facts probe_login(wall_time now) {
  login_facts facts{login_folder(), {}, {}};
  auto who = read_login(facts.folder);
  if (!who)
    facts.trouble = who.failure().message;
  if (!who || who->cluster.empty())
    return facts;
  auto left = check_certificate(*who, now);
  auto certificate = facts_of(who->identity.certificate);
  if (!left || !certificate) {
    facts.trouble = left ? certificate.failure().message : left.failure().message;
    return facts;
  }
  auto user = user_of(certificate->common_name).value_or(cluster_user{});
  facts.user = printable(user.name) + ", " + std::string(to_string(user.role)) + ", until " + end_text(certificate->not_after);
  facts.soon = left->soon;
  return facts;
}

machine_facts probe_machine(const node_options& options, const clock& time) {
  machine_facts facts;
  facts.own_version = TROUPE_VERSION;
  facts.host = probe_host_program(options.host_binary.empty() ? host_program() : options.host_binary);
  facts.limits = probe_limits();
  facts.kernel = probe_kernel();
  facts.listen = probe_listen(options.listen);
  if (!options.http.empty())
    facts.http = {options.http, listen_refusal(options.http), ""};
  facts.data = probe_data_folder(options.data_folder);
  facts.exposure = probe_exposure(options);
  facts.exposure.may_be_in_cluster = facts.exposure.may_be_in_cluster || facts.data.there;
  if (auto own = listen_address_from(options.cluster); own && own->port != 0)
    facts.cluster = probe_cluster_port(options.cluster, time);
  for (const auto& seed : options.join)
    facts.seeds.push_back(probe_cluster_port(seed, time));
  facts.now = time.wall_now();
  facts.login = probe_login(facts.now);
  facts.time_synchronized = clock_is_set();
  facts.proc_mounted = ::access("/proc/self/stat", R_OK) == 0;
  return facts;
}

} // namespace troupe
