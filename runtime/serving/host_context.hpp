#pragma once

#include "runtime/serving/child_process.hpp"
#include "runtime/serving/process_hosts.hpp"

#include <utility>
#include <vector>

namespace troupe {

/// What all host processes of a node share. Used on the watch's thread only, but for what is thread-safe itself.
struct host_context {
  explicit host_context(process_hosts_options given) : options(std::move(given)), children(options.watch) {}

  event_loop& deal_loop() { return *options.loops[next_loop++ % options.loops.size()]; }
  steady_time now() const { return options.time.now(); }
  void emit(severity level, std::string name, std::vector<std::pair<std::string, std::string>> fields) {
    options.events.emit({options.time.wall_now(), level, std::move(name), std::move(fields), "host"});
  }

  process_hosts_options options;
  child_table children;
  std::size_t next_loop = 0;
};

/// A ticker for as long as it lives.
class scoped_ticker {
public:
  scoped_ticker(host_watch& watch, std::function<void(steady_time)> on_tick)
    : watch_(watch), id_(watch.add_ticker(std::move(on_tick))) {}
  scoped_ticker(const scoped_ticker&) = delete;
  scoped_ticker& operator=(const scoped_ticker&) = delete;
  ~scoped_ticker() { watch_.remove_ticker(id_); }

private:
  host_watch& watch_;
  host_watch::ticker_id id_;
};

} // namespace troupe
