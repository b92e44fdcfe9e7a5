#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/tensor.hpp"
#include "runtime/serving/answer_observer.hpp"
#include "runtime/serving/event_loop.hpp"
#include "runtime/serving/input_digest.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

class spread;
class traffic_split;

/// One inference request on its way. It is owned by exactly one place at a time (gateway, then queue, then batch, then gateway), so it
/// is answered exactly once.
class inference_request {
public:
  virtual ~inference_request() = default;

  /// In the order of the model's inputs. They point into a buffer that the request keeps alive until it is destroyed.
  std::vector<tensor_view> inputs;
  std::uint32_t rows = 0;     ///< 0 if the model takes no batch
  std::uint32_t crashes = 0;  ///< how many hosts died with it in their batch
  bool alone = false;         ///< runs in a batch of its own: it was in one that failed
  std::uint64_t priority = 0; ///< 1 is the highest; 0: the version's default
  std::chrono::microseconds timeout{
      0};                  ///< what its sender gives it, if the version lets it say so: to wait in the queue, and where
                           ///< who waits too long is refused, until the answer; 0: as the version says
  std::uint64_t bytes = 0; ///< of all inputs; the pool sets it
  std::optional<input_digest> digest; ///< of the inputs, if the pool has a use for it
  steady_time arrived{};
  steady_time deadline{};
  std::size_t level = 0;                              ///< its line in the queue; the pool sets it
  steady_time wait_until{};                           ///< when its timeout is over; the pool sets it
  std::shared_ptr<const std::atomic<bool>> abandoned; ///< set once nobody wants the answer any more; null: it is always wanted
  std::shared_ptr<spread> target;                     ///< the places that may have it; null: only the one that it was given to
  std::shared_ptr<const traffic_split> judged_by;     ///< hears what becomes of it; null: nobody does
  std::shared_ptr<answer_observer> observer;          ///< null: nobody looks at the answer but who asked
  bool is_copy = false;                               ///< nobody waits for it: it goes first where there is too much to do
  const void* place = nullptr;                        ///< the one of them that has it, or had it last; only to be compared
  bool moved = false;                                 ///< it was in another place before
  event_loop* loop = nullptr; ///< where it must be answered and destroyed; null: where that happens to be done

  bool is_abandoned() const { return abandoned != nullptr && abandoned->load(std::memory_order_relaxed); }

  /// What was asked for, in the order of the model's outputs. Called on `loop`, once, instead of `on_error`. The views die when it returns.
  virtual void on_outputs(const std::vector<tensor_view>& outputs) = 0;
  /// Called on `loop`, once, instead of `on_outputs`.
  virtual void on_error(const error& failure) = 0;
};

using request_ptr = std::unique_ptr<inference_request>;

/// Answers and destroys the request on its own loop: at once if this is its thread, else with a copy of the outputs. Any thread.
void answer(request_ptr request, const std::vector<tensor_view>& outputs);
void refuse(request_ptr request, error failure);
/// What a request is told that nobody waits for any more.
error abandoned_by_client();

/// For a request that its place can't serve: has another place of its target serve it, on its loop, once and within its deadline. Gives it back
/// if none can have it; then it is to be refused. Any thread.
request_ptr try_elsewhere(request_ptr request);

/// Requests that run as one call of the model. Their rows stand in this order in every input.
struct batch {
  std::vector<request_ptr> requests;
  std::uint32_t rows = 0; ///< sum over the requests; 0 if the model takes no batch
  steady_time made{};     ///< when it was taken from the queue
  steady_time begun{};    ///< when its inputs lay before the host; its runner sets it
  /// One request outside of the pool: what becomes of it isn't counted, it isn't tried again, and its runner isn't released to a pool.
  bool trial = false;
};

/// Whether nobody waits for any of it: then it may take long, and says nothing of how long others take.
bool has_only_copies(const batch& work);

/// What a trial is told if the model raised an error begins with this.
inline constexpr std::string_view model_raised = "the model failed: ";
/// What a trial is told if its runner's host is gone; `reason` as in `replica_events::exited`.
error lost_in_trial(const std::string& reason, std::chrono::milliseconds batch_timeout);

} // namespace troupe
