#pragma once

#include "actors/environment.hpp"
#include "actors/errors.hpp"

#include <caf/sec.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace troupe {

/// Brings artifacts to this node: one `fetch` (actors/fetch.hpp) for each that isn't here, however many ask for it; so many at once, the others wait. It does not
/// try again by itself: who asked does.
///
///     fetching
class fetcher_state {
public:
  using self_pointer = fetcher_actor::stateful_pointer<fetcher_state>;
  using behavior_type = fetcher_actor::behavior_type;

  /// Artifacts that are on their way or wait for that.
  static constexpr std::size_t fetches_limit = 1024;
  /// Who waits for one of them. Who asks again counts once, if it listens.
  static constexpr std::size_t askers_max = 1024;

  explicit fetcher_state(self_pointer self) : self_(self) {}

  behavior_type begin(const actor_environment& node);

  std::string name = "fetcher"; ///< where CAF looks for it

private:
  struct asker {
    caf::typed_response_promise<done> answer;
    fetch_listener listens; ///< empty: it doesn't
  };
  struct job {
    std::string hint;
    std::vector<asker> askers;
    supervised_actor fetch; ///< empty: it waits
  };

  caf::result<done> on_fetch(const fetch_artifact& ask);
  void on_progress(const fetch_progress& progress);
  void on_ended(const std::string& sha256, const caf::error& failure);

  void join(const fetch_artifact& ask, asker who);
  void start_waiting();
  void start(const std::string& sha256, job& next);
  caf::result<actor_status> status(std::chrono::nanoseconds patience);

  self_pointer self_;
  const actor_environment* node_ = nullptr;
  steady_time since_{};
  std::map<std::string, job> jobs_; ///< by hash
  std::deque<std::string> waiting_; ///< the hashes of those that wait
};

fetcher_state::behavior_type fetcher(fetcher_state::self_pointer self, const actor_environment& node);

/// Has an artifact fetched if it isn't here. `fetched()` or `failed(const error&)` is called, within the actor. It waits as long as the artifact is on its way.
template <class Self, class Fetched, class Failed>
void fetch_then(Self* self, const actor_environment& node, const fetch_artifact& what, Fetched fetched, Failed failed) {
  self->request(node.actors.fetcher.get(), node.timing.keeper_patience, what)
      .then([fetched](done) mutable { fetched(); },
            [self, &node, what, fetched, failed](const caf::error& reason) mutable {
              if (reason == caf::sec::request_timeout) // it comes yet; or the fetcher that was asked is gone
                fetch_then(self, node, what, fetched, failed);
              else
                failed(to_error(reason));
            });
}

/// Opens an artifact, verified, after it was fetched if it wasn't here. `opened(const artifact&)` or `failed(const error&)` is called, within the actor.
template <class Self, class Opened, class Failed>
void open_fetched(Self* self, const actor_environment& node, const fetch_artifact& what, Opened opened, Failed failed) {
  auto open = [self, &node, hash = what.sha256, opened, failed] {
    self->request(node.actors.keeper.get(), node.timing.keeper_patience, open_artifact{hash})
        .then([opened](const artifact& file) { opened(file); }, [failed](const caf::error& reason) { failed(to_error(reason)); });
  };
  fetch_then(self, node, what, open, failed);
}

} // namespace troupe
