#pragma once

#include <chrono>
#include <cstdint>
#include <sys/types.h>
#include <vector>

/// What the kernel tells of a process. Each throws std::runtime_error if the process is gone or keeps it to itself.
namespace troupe::bench {

/// CPU time of all its threads, user and kernel.
std::chrono::nanoseconds cpu_time(pid_t pid);

/// Bytes of anonymous memory that are resident.
std::uint64_t anonymous_bytes(pid_t pid);
/// Bytes, each shared page divided by the number of processes that have it.
std::uint64_t proportional_bytes(pid_t pid);
/// Bytes that it shares with nobody.
std::uint64_t private_bytes(pid_t pid);

/// Its living children. A node's are hosts and their templates, whoever forked them.
std::vector<pid_t> children_of(pid_t pid);

} // namespace troupe::bench
