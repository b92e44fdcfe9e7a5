#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/rollout_spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Where in its list of stages a rollout is: what goes on while a version is `rolling_out` (rollout_plan.hpp). Pure: what is stored and what has happened give
/// what to store, and what to do once that is stored.
///
///                   its hold is over, samples are there, no check is without data, the candidate has room for what
///                   follows: on to the next stage.    A person: skip
///                 +-----+------------------------------------------+
///                 v     |                                          |
///     (begun) --> stage i --the same, and it asks; or overdue--> asking   only a person goes on
///                 |     |                                          |
///                 |     +--from the last one.  A person: promote---+------> promoted      the candidate is live
///                 |                                                |
///                 +--a check is worse, the candidate is broken,----+------> rolled_back   the incumbent answers all
///                    a fuse blew; or overdue.  A person: abort
///
/// At each place a person may pause: the stage's clock stands still, and it isn't left but by a person or to be rolled back. Missing data holds a stage, never
/// ends it well. An A/B stage is left, after its hold, as soon as the candidate is significantly better than all others, undone as soon as the incumbent is, and in favour
/// of another version, after its hold, as soon as that one is; if there is no difference once its samples are there, too, a person is asked (`asks`), or the incumbent stays.
///
/// The clock counts what the leader watched: a time without leader doesn't count, nor a jump of the wall clock.

/// The numbers stand on disk.
enum class course_outcome : std::uint8_t { under_way = 0, promoted = 1, rolled_back = 2 };

/// Stored with the deployment.
struct rollout_course {
  std::uint32_t stage = 0;          ///< index into the spec's
  wall_time since{};                ///< this stage began; for people
  std::chrono::nanoseconds held{0}; ///< how long it was watched, without pauses and questions
  wall_time counted{};              ///< `held` is of the time up to here
  bool paused = false;
  bool asking = false; ///< `reason` is what is asked
  course_outcome outcome = course_outcome::under_way;
  std::string reason;        ///< of the outcome, or of the question
  version_number winner = 0; ///< of rolled_back: another version of the A/B test has won and goes live; 0: the incumbent stays
  std::uint32_t split_number = 0; ///< grows by one with each split; 0: not begun
  /// What nodes are told is the sum of both, which no split of another rollout of the deployment's has: a node that missed what lies between would take the
  /// one for the other.
  std::uint64_t splits_before = 0;
};

/// At most so much of the time between two events counts. Events of kind `looked` must come more often, or a stage takes longer.
inline constexpr std::chrono::nanoseconds watch_gap_max = std::chrono::seconds(5);
/// A course in which nothing but the time has changed is stored so often. A new leader goes on from there.
inline constexpr std::chrono::nanoseconds held_stored_every = std::chrono::seconds(5);

/// How requests are divided.
struct course_split {
  permille weight = 0; ///< the candidate answers
  permille copies = 0; ///< it gets copies of
  std::uint32_t number = 0;
};

/// All for the incumbent before a course has begun and when it was rolled back; all for the candidate when it was promoted.
course_split split_of(const rollout_spec& spec, const rollout_course& course);

/// Whether an A/B test goes on, so that rewards say which version is better.
bool is_ab_test(const rollout_spec& spec, const rollout_course& course);

enum class check_judgement : std::uint8_t { fine, undecided, worse };

struct check_view {
  check_judgement judgement = check_judgement::undecided;
  std::string words;         ///< for people: "p99 latency 31 ms, the incumbent's 12 ms"
  std::uint64_t samples = 0; ///< of the candidate, that it could judge by
};

/// Whether the candidate is better by what an A/B stage is about.
enum class arm_judgement : std::uint8_t { undecided, better, worse };

/// What is known of this rollout's candidate.
struct course_evidence {
  std::uint32_t split_number = 0; ///< it was gathered under; of another split than the course's it only serves for a worse check
  std::uint64_t candidate_samples = 0; ///< requests and copies; of an A/B test the rewards of the version that has fewer
  std::uint64_t incumbent_samples = 0;
  std::vector<check_view> checks; ///< in the spec's order; one that is missing has no data
  arm_judgement arm = arm_judgement::undecided;
  version_number winner = 0;       ///< of an A/B test with others: the one of them that is better than all the rest; 0: none
  std::vector<version_number> out; ///< of an A/B test with others: proven to be below another
  std::string arm_words;           ///< for people
};

struct course_view {
  wall_time now{};
  course_evidence evidence;
  permille room = all_requests; ///< for so many of all requests, copies counted, the candidate has replicas
  bool can_serve = false;       ///< the candidate could answer this moment
};

enum class course_news : std::uint8_t {
  begun,            ///< the candidate is ready; or ready again, after a restart
  looked,           ///< once a second
  paused,           ///< by a person, as are the next four
  resumed,          ///< after a pause
  skipped,          ///< on to the next stage, at once
  promoted,         ///< to the end, at once
  aborted,          ///< rolled back
  candidate_broken, ///< for `reason`
  fuse_blown,       ///< the gateway of `node` had `failures` in a row
  leader_resumed    ///< a leader has read the stored course
};

struct course_event {
  course_news what = course_news::looked;
  std::string who;    ///< of a person's
  std::string reason; ///< of candidate_broken
  std::string node;   ///< of fuse_blown, as the next
  std::uint32_t failures = 0;
};

enum class course_act : std::uint8_t {
  set_split, ///< on all nodes
  finish,    ///< the candidate is live: news `routed` for the version's life
  roll_back, ///< it isn't going to be, for `words`
  ask        ///< a person, because of `words`
};

/// May be done twice: a leader that resumes does it again.
struct course_step {
  course_act act = course_act::set_split;
  course_split split; ///< of set_split
  std::string words;
  version_number winner = 0; ///< of roll_back: the version that becomes live; 0: the incumbent stays
};

/// For the rollout's history.
struct course_line {
  std::string what; ///< "stage 2 of 3 began: 25% of requests"
  std::string why;
  std::string who; ///< "": nobody, it went by itself
};

/// Stored first; then the steps, in order.
struct course_plan {
  rollout_course course;          ///< to go on with
  bool stores = false;            ///< false: nothing in it is worth a write
  std::vector<course_step> steps; ///< none: nothing is to be done
  std::optional<course_line> line;
};

/// What to do about it: one move at most. News of what is over give an empty plan. failed_precondition: a person's command that makes no sense now.
result<course_plan> plan_course(const rollout_spec& spec, const rollout_course& course, const course_view& view,
                                const course_event& event);

/// Why the stage isn't left yet, for people; "": nothing is missing. Of a course that is under way.
std::string missing_to_leave(const rollout_spec& spec, const rollout_course& course, const course_view& view);

} // namespace troupe
