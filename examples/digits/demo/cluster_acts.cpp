#include "examples/digits/demo/cluster_acts.hpp"

#include "examples/digits/demo/scenes.hpp"
#include "runtime/base/units.hpp"

#include <csignal>
#include <iostream>

namespace troupe {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::size_t victim = 3;
constexpr std::size_t newcomer = 4;

constexpr auto join_promised = 1s;
constexpr auto first_answer_promised = 3s;
constexpr auto longest_promised = 500ms;
constexpr auto suspect_promised = 1s;
constexpr auto dead_promised = 3s;

void promise_time(promises& list, const std::string& what, nanoseconds measured, nanoseconds promised) {
  list.check(what, human_duration(measured), "≤ " + human_duration(promised), measured <= promised);
}

const std::string& name_of_victim() {
  static const auto name = stage::name_of(victim);
  return name;
}

/// Until that many replicas serve, and on the node as many as are meant.
nanoseconds time_until_placed(client& asked, std::size_t replicas, const std::string& node, std::size_t on_it) {
  return time_until(std::to_string(on_it) + " of " + std::to_string(replicas) + " replicas on " + node, [&] {
    auto now = serving_replicas(asked);
    return now.size() == replicas && count_on(now, node) == on_it;
  });
}

nanoseconds time_until_seen(client& asked, const std::string& node, const std::string& state) {
  return time_until(node + " is " + state, [&] { return state_of(asked, node) == state; });
}

void say_nodes(stage& on) {
  std::cout << on.must(entry_node, {"nodes"}).out;
}

} // namespace

void say(const std::string& text) {
  std::cout << "== " << text << std::endl;
}

void promise_no_failure(promises& list, const std::string& what, const load_report& load) {
  list.check(what + ": requests that failed", std::to_string(load.failed) + " of " + std::to_string(load.answered + load.failed),
             "0", load.failed == 0 && load.answered > 0);
  if (load.failed > 0)
    std::cout << "first error: " << load.first_error << std::endl;
}

void gather(stage& on, promises& list) {
  say("start node n1 in " + on.folder() + ": it founds a cluster");
  list.note("node start, until it served", human_duration(on.start_node(leader_node)));
  for (std::size_t number = 2; number <= first_nodes; ++number) {
    say("`troupe token create`, and " + stage::name_of(number) + " joins by it");
    promise_time(list, stage::name_of(number) + " joined, until it served", on.start_node(number), join_promised);
  }
  client node(on.node(entry_node).address());
  for (std::size_t number = 1; number <= first_nodes; ++number)
    time_until_seen(node, stage::name_of(number), "alive");
  say_nodes(on);
}

void lose_a_node(stage& on, promises& list, const digit_set& digits) {
  client node(on.node(entry_node).address());
  say("load by " + stage::name_of(entry_node) + ", and kill -9 for node " + name_of_victim());
  nanoseconds whole{0};
  auto load = load_during(on.node(entry_node).address(), digits, [&] {
    on.kill_node(victim);
    whole = time_until_placed(node, first_nodes, name_of_victim(), 0);
  });
  promise_no_failure(list, "kill -9 of a node", load);
  list.check("longest answer meanwhile", human_duration(load.latency.max), "< " + human_duration(longest_promised),
             load.latency.max < longest_promised);
  list.note("until its replica served elsewhere", human_duration(whole));
  say("start it again, under load");
  nanoseconds back{0};
  load = load_during(on.node(entry_node).address(), digits, [&] {
    auto started = on.start_node(victim);
    back = started + time_until_placed(node, first_nodes, name_of_victim(), 1);
  });
  promise_no_failure(list, "its return", load);
  list.note("until it had work again", human_duration(back));
}

void freeze_a_node(stage& on, promises& list, const digit_set& digits) {
  client node(on.node(entry_node).address());
  say("load, and SIGSTOP for node " + name_of_victim() + ", then SIGCONT");
  nanoseconds suspect{0};
  nanoseconds dead{0};
  nanoseconds back{0};
  auto load = load_during(on.node(entry_node).address(), digits, [&] {
    on.node(victim).signal(SIGSTOP);
    suspect = time_until_seen(node, name_of_victim(), "suspect");
    dead = suspect + time_until_seen(node, name_of_victim(), "dead");
    time_until_placed(node, first_nodes, name_of_victim(), 0);
    on.node(victim).signal(SIGCONT);
    back = time_until_placed(node, first_nodes, name_of_victim(), 1);
  });
  promise_time(list, "a frozen node is suspected after", suspect, suspect_promised);
  promise_time(list, "and taken for dead after", dead, dead_promised);
  promise_no_failure(list, "a frozen node", load);
  list.note("from SIGCONT until it had work again", human_duration(back));
}

void grow_and_shrink(stage& on, promises& list, const digit_set& digits) {
  client node(on.node(entry_node).address());
  auto name = stage::name_of(newcomer);
  say("load, and node " + name + " joins, for a fourth replica");
  nanoseconds serves{0};
  auto load = load_during(on.node(entry_node).address(), digits, [&] {
    auto joined = on.start_node(newcomer);
    on.must(entry_node, {"scale", demo_deployment, std::to_string(first_nodes + 1)});
    serves = joined + time_until_placed(node, first_nodes + 1, name, 1);
  });
  promise_no_failure(list, "a new node", load);
  promise_time(list, "from its start until it answered requests", serves, first_answer_promised);
  say("load, and `troupe drain " + name + "`, then it is stopped");
  nanoseconds empty{0};
  std::optional<int> code;
  load = load_during(on.node(entry_node).address(), digits, [&] {
    on.must(entry_node, {"drain", name});
    empty = time_until_placed(node, first_nodes + 1, name, 0);
    code = on.stop_node(newcomer);
  });
  promise_no_failure(list, "drain", load);
  list.note("until it was empty", human_duration(empty));
  list.check("its exit code", code ? std::to_string(*code) : "none", "0", code == 0);
  on.must(entry_node, {"scale", demo_deployment, std::to_string(first_nodes)});
  say_nodes(on);
}

void miss_the_leader(stage& on, promises& list, const digit_set& digits) {
  client node(on.node(entry_node).address());
  auto name = stage::name_of(leader_node);
  say("load, and the leader, " + name + ", is stopped");
  stage::outcome refused;
  auto load = load_during(on.node(entry_node).address(), digits, [&] {
    on.stop_node(leader_node);
    refused = on.troupe(entry_node, {"scale", demo_deployment, "1"});
    std::cout << refused.err << on.must(entry_node, {"nodes"}).out;
  });
  promise_no_failure(list, "without the leader", load);
  bool told = refused.code != 0 && refused.err.find(name) != std::string::npos;
  list.check("a change meanwhile: refused, naming the leader", told ? "yes" : "no", "yes", told);
  say("load, and the leader is started again");
  nanoseconds whole{0};
  load = load_during(on.node(entry_node).address(), digits, [&] {
    auto started = on.start_node(leader_node);
    whole = started + time_until_placed(node, first_nodes, name, 1);
  });
  promise_no_failure(list, "its return", load);
  list.note("until every node had a replica again", human_duration(whole));
}

} // namespace troupe
