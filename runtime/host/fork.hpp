#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/unique_fd.hpp"

#include <sys/types.h>

namespace troupe {

/// The flags of `sibling_forker::fork`, for the sandbox.
unsigned long sibling_fork_flags();

/// Forks processes that are the node's children, not this one's, so that the node alone can wait for them. Only for a process
/// with one thread; pthread_atfork handlers don't run.
class sibling_forker {
public:
  struct forked {
    pid_t pid = 0;   ///< 0 in the new process
    unique_fd pidfd; ///< in the old process
  };

  /// Must be made before the sandbox; it works in forked processes, too.
  static result<sibling_forker> make();
  result<forked> fork() const;

private:
  explicit sibling_forker(int* tid_address) : tid_address_(tid_address) {}
  int* tid_address_; ///< where glibc keeps this thread's id: the kernel writes the new one there
};

} // namespace troupe
