#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/event.hpp"
#include "runtime/serving/event_loop.hpp"
#include "runtime/serving/host_watch.hpp"
#include "runtime/serving/hosts.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct process_hosts_options {
  std::string host_path;          ///< of troupe-host
  std::vector<event_loop*> loops; ///< that read replies; new replicas are dealt out to them in turn. At least one
  const clock& time;
  host_watch& watch;
  event_sink& events;
};

/// Model processes as they are in a node: a template that is always there (restarted with growing delays if it dies), version
/// templates forked from it, replicas forked from those. Everything happens on the watch's thread, which also is the parent
/// of all of them: when it ends, they die.
///
/// What the options refer to must outlive the supply and everything got from it. Callbacks come on the watch's thread.
class process_hosts final : public host_supply {
public:
  explicit process_hosts(process_hosts_options options);
  /// Kills every process and waits until they are gone.
  ~process_hosts() override;

  std::unique_ptr<load_handle> load(const version_id& id, const model_spec& spec, int model_fd, template_events events) override;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe
