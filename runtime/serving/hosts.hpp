#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/model_spec.hpp"
#include "runtime/serving/pool.hpp"

#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

namespace troupe {

/// The seam between actors and model processes. `process_hosts` makes real ones; tests and simulation have `fake_hosts`.
/// Callbacks come from a thread of the implementation's: they must only hand on (send a message) and return. After an object
/// is destroyed none of its callbacks begins.

/// One running replica host.
class replica_host {
public:
  /// Kills the host if it still lives.
  virtual ~replica_host() = default;
  virtual pid_t pid() const = 0;
  /// Ends it now (SIGKILL); `exited` follows.
  virtual void kill() = 0;
  /// Its runner for the pool. The pool may hold it longer than the host lives.
  virtual std::shared_ptr<batch_runner> runner() = 0;
};

struct replica_events {
  /// Up and warmed, or why not. Once. The owner attaches its runner to the pool.
  std::function<void(result<std::unique_ptr<replica_host>>)> ready;
  /// A host that was ready is gone; its batch was given back to the pool before. Reason as in events: "signal:9", "exit:1",
  /// "batch_timeout", "bad_reply: …". Once, never before `ready`.
  std::function<void(std::string reason)> exited;
};

/// A process that has a version loaded and forks its replicas.
class version_template {
public:
  /// Kills the template; replicas that it forked live on, forks under way are answered with an error.
  virtual ~version_template() = default;
  virtual pid_t pid() const = 0;
  /// Forks a replica that serves `target`. Answered by `events.ready`, an error at the latest after the spec's load_timeout.
  virtual void fork_replica(replica_number number, std::shared_ptr<pool> target, replica_events events) = 0;
};

struct template_events {
  /// Loaded, optimized and warmed; or why not (invalid_argument: the model is at fault; unavailable: worth another try). Once.
  std::function<void(result<std::unique_ptr<version_template>>)> ready;
  /// A template that was ready is gone. Once.
  std::function<void(std::string reason)> exited;
};

/// Cancels a load under way when destroyed (its process is killed, its callbacks never begin).
class load_handle {
public:
  virtual ~load_handle() = default;
};

class host_supply {
public:
  virtual ~host_supply() = default;
  /// Loads the model behind `model_fd` (a read-only descriptor, taken over) in a process of its own, in the sandbox.
  [[nodiscard]] virtual std::unique_ptr<load_handle> load(const version_id& id, const model_spec& spec, int model_fd,
                                                          template_events events) = 0;
};

} // namespace troupe
