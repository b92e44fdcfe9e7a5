#pragma once

#include "actors/environment.hpp"
#include "storage/log_store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct journal_options {
  const clock& time;
  log_store& log; ///< outlives the actor system
};

/// Keeps the events, in batches. It blocks on the disk, so a node spawns it detached.
///
///     keeping
class journal_state {
public:
  /// Events wait so long, or until there are `batch_max`, before they are written together.
  static constexpr std::chrono::milliseconds batch_delay{100};
  static constexpr std::size_t batch_max = 64;
  /// While the disk refuses writes, so many are kept in memory; the oldest go first, and are counted.
  static constexpr std::size_t waiting_max = 10'000;

  using interface = journal_actor::extend<caf::reacts_to<try_again>>;
  using self_pointer = interface::stateful_pointer<journal_state>;
  using behavior_type = interface::behavior_type;

  explicit journal_state(self_pointer self) : self_(self) {}
  /// Writes what is left.
  ~journal_state();
  journal_state(const journal_state&) = delete;
  journal_state& operator=(const journal_state&) = delete;

  behavior_type keeping(journal_options options);

  std::string name = "journal"; ///< where CAF looks for it

private:
  void on_note(const event& what);
  caf::result<event_list> on_query(const query_events& ask);
  void write();
  /// If anything waits: a write comes.
  void write_later();
  actor_status status() const;

  self_pointer self_;
  std::optional<journal_options> options_;
  steady_time since_{};
  std::vector<event> waiting_;
  bool write_is_due_ = false; ///< a try_again is under way
  std::uint64_t lost_ = 0;
  std::string last_failure_;
};

journal_state::behavior_type journal(journal_state::self_pointer self, journal_options options);

} // namespace troupe
