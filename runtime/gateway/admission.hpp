#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/gateway/drain_gate.hpp"
#include "runtime/gateway/gateway_options.hpp"
#include "runtime/gateway/kj_loop.hpp"
#include "runtime/gateway/request_marks.hpp"
#include "runtime/serving/routing_table.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace troupe {

/// Where a request goes.
struct destination {
  std::shared_ptr<spread> target;
  std::shared_ptr<const traffic_split> judged_by; ///< hears what becomes of it; null: nobody
  std::shared_ptr<answer_observer> observer{};    ///< sees what it is answered with; null: nobody
  std::shared_ptr<spread> copies_to{};            ///< gets a copy of it; null: nobody
  std::shared_ptr<answer_watch> watch{};          ///< of the copies
  std::uint32_t copies_max = 0;                   ///< under way at once
};

/// What every door of a loop does with a request: finds its target before it is decoded, and gives it to it once it is checked.
/// Belongs to the loop's thread.
class admission {
public:
  admission(kj_loop& loop, const routing_cell& routes, const clock& time, const gateway_options& options, const drain_gate& drain)
    : loop_(loop), routes_(routes), time_(time), options_(options), drain_(drain) {}

  const gateway_options& options() const { return options_; }
  bool draining() const { return drain_.closed(); }
  /// Why every request is refused now, whatever it asks for; nothing: the node is ready.
  std::optional<error> closed() const;

  /// What serves a deployment, in that version (0: the live one), or why there is none. A deployment may be asked for as "NAME@VERSION", too, and what takes over
  /// its requests as "NAME@candidate".
  result<std::shared_ptr<spread>> find_target(std::string_view deployment, version_number version);
  /// The same for a request, which a node that is shutting down refuses.
  result<std::shared_ptr<spread>> find_target_of_request(std::string_view deployment, version_number version);
  /// Which of the deployment's versions gets the request; to be asked once for each.
  result<destination> choose(std::string_view deployment, version_number version, const request_marks& marks);
  /// Whether that depends on the request's id.
  bool chooses_by_id(std::string_view deployment, version_number version);

  /// Takes a request whose inputs and rows are the target's. It may run for `patience`; 0: the node's default. From now on it is answered,
  /// whatever happens.
  void submit(const destination& to, request_ptr next, std::chrono::microseconds patience);

  /// What came of the request with the id in `marks`, 0 to 1, for the A/B test of the deployment: it counts for the version that the split's key in `marks` belongs to.
  /// True: counted; false: the id's reward is known. failed_precondition: no A/B test is under way.
  result<bool> reward(std::string_view deployment, const request_marks& marks, double value);

private:
  /// What a name leads to.
  struct located {
    const route* at = nullptr;  ///< valid until the next look-up
    version_number version = 0; ///< asked for; 0: none
    bool candidate = false;     ///< it was asked for
  };

  result<located> locate(std::string_view deployment, version_number version);
  static result<std::shared_ptr<spread>> target_of(const located& found);
  /// With whom the live version shares the requests that lead there; null: they are all its own.
  static const candidate_route* divided(const located& found);
  /// Of a request that two versions share.
  static destination shared_destination(std::shared_ptr<spread> live, const candidate_route& with, const request_marks& marks);

  kj_loop& loop_;
  routing_view routes_;
  const clock& time_;
  const gateway_options& options_;
  const drain_gate& drain_;
};

} // namespace troupe
