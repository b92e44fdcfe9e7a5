#pragma once

#include "examples/digits/demo/digits.hpp"
#include "examples/digits/demo/promises.hpp"
#include "examples/digits/demo/stage.hpp"
#include "runtime/cli/load_report.hpp"

#include <cstddef>
#include <string>

namespace troupe {

/// The node that all load and all commands go to: neither the leader nor one that is lost.
inline constexpr std::size_t entry_node = 2;
inline constexpr std::size_t leader_node = 1;
/// Nodes at the beginning; replicas, too.
inline constexpr std::size_t first_nodes = 3;

/// The first node founds the cluster, two more join it.
void gather(stage& on, promises& list);
/// A node is killed with -9, and started again.
void lose_a_node(stage& on, promises& list, const digit_set& digits);
/// A node is stopped in its tracks, and goes on later.
void freeze_a_node(stage& on, promises& list, const digit_set& digits);
/// A fourth node joins and gets work; then it is drained and stopped.
void grow_and_shrink(stage& on, promises& list, const digit_set& digits);
/// The leader is stopped, and started again.
void miss_the_leader(stage& on, promises& list, const digit_set& digits);

/// The count of requests that failed during it, which must be none.
void promise_no_failure(promises& list, const std::string& what, const load_report& load);
void say(const std::string& text);

} // namespace troupe
