#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>

namespace troupe {

/// What a host process does to itself. Everything but the address space functions must come before the sandbox.

/// Ties this process to the node's life: killed when the node dies. False: the node is dead already, end now.
bool follow_node(pid_t node);

/// The name that ps and top show; cut to 15 bytes by the kernel.
void set_title(const std::string& title);

/// Sets soft and hard limit. Lowering always works.
void limit_resource(int resource, rlim_t value);

/// Gives up every capability, so that limits that root has set hold for it, too.
result<void> drop_capabilities();

/// Undoes the signal handlers of libraries: a crash shall end a host at once, with its signal as the reason.
void reset_signal_handlers();

/// If memory runs out, the kernel shall end hosts before the node.
void volunteer_for_oom();

/// Points descriptors 0, 1 and 2 at /dev/null, so that a model's print goes nowhere.
result<void> silence_stdio();

/// How many threads this process has; forking is safe with one only.
int thread_count();

/// Bytes of address space in use. Found by probing, because in the sandbox there is no /proc to read. About 40 µs.
std::uint64_t address_space_bytes();

enum class limit_kind { soft, for_good };
/// Allocations fail once the address space would grow past `bytes`.
void limit_address_space(std::uint64_t bytes, limit_kind kind);

/// Gives freed memory back to the kernel.
void trim_memory();

} // namespace troupe
