#pragma once

#include "runtime/base/error.hpp"

#include <cstdint>
#include <linux/filter.h>
#include <vector>

namespace troupe {

/// A seccomp filter as the kernel takes it. Calls that it doesn't allow fail with EPERM; libtorch and what it links try some that
/// they can do without, so they must not kill.
class seccomp_program {
public:
  explicit seccomp_program(std::vector<sock_filter> code) : code_(std::move(code)) {}
  /// Binds this thread and all that it starts from now on, for good, on top of what binds it already.
  result<void> install() const;

private:
  std::vector<sock_filter> code_;
};

/// The filters, compiled once in the template. What they keep from a model: files, sockets, other processes, new descriptors, the
/// flags of those it has (fcntl), more limits than it was given.
///
///     version template: may load, receive descriptors, fork replicas and do nothing else with clone
///     replica:          narrower: no packets, no fork; threads only if the version asks for more than one
///
/// Filters add up, so a version template that will have replicas with threads must let clone start threads, too; there the
/// default stack size (refuse_threads) keeps them away.
struct sandbox_programs {
  seccomp_program version_template;
  seccomp_program version_template_of_threads;
  seccomp_program replica;
  seccomp_program replica_of_threads;

  static result<sandbox_programs> compile();
};

/// New threads fail from now on (EAGAIN) / work again. A thread in a version template would be missing in the replicas forked
/// from it, and they would wait for it for ever.
void refuse_threads();
void allow_threads();

} // namespace troupe
