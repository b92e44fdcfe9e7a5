#define BOOST_TEST_MODULE supervisor
#include "actors/errors.hpp"
#include "actors/supervisor.hpp"
#include "tests/support/caf_fixture.hpp"

#include <caf/actor_companion.hpp>

#include <map>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

enum class way { well, never_ready, not_ready, dies_at_start, ignores_exit, mute };

/// What the children of a test have in common: how they behave, and what became of them.
struct nursery {
  std::map<std::string, std::vector<way>> ways; ///< of an id's next starts; then `well`
  std::map<std::string, supervised_actor> last; ///< the newest handle
  std::vector<std::string> log;                 ///< "+a" started, "-a" dead

  std::string take_log() {
    std::string text;
    for (const auto& entry : std::exchange(log, {}))
      text += (text.empty() ? "" : " ") + entry;
    return text;
  }

  way next_way(const std::string& id) {
    auto& left = ways[id];
    if (left.empty())
      return way::well;
    auto next = left.front();
    left.erase(left.begin());
    return next;
  }
};

using child_pointer = supervised_actor::pointer;

supervised_actor::behavior_type child(child_pointer self, std::string id, way behaves, std::shared_ptr<nursery> all) {
  all->log.push_back("+" + id);
  self->attach_functor([=] { all->log.push_back("-" + id); });
  if (behaves == way::dies_at_start)
    self->quit(make_error(error_code::io_failed, "no disk"));
  if (behaves == way::ignores_exit)
    self->set_exit_handler([](caf::exit_msg&) {});
  auto promises = std::make_shared<std::vector<caf::typed_response_promise<ready>>>();
  auto unanswered = std::make_shared<std::vector<caf::typed_response_promise<actor_status>>>();
  return {
      [=](get_status) -> caf::result<actor_status> {
        if (behaves == way::mute)
          return unanswered->emplace_back(self->make_response_promise<actor_status>());
        actor_status status;
        status.state = "idle";
        return status;
      },
      [=](await_ready) -> caf::result<ready> {
        if (behaves == way::not_ready)
          return make_error(error_code::invalid_argument, "bad model");
        if (behaves == way::never_ready)
          return promises->emplace_back(self->make_response_promise<ready>());
        return ready{};
      },
  };
}

/// Says that it is ready, and then takes in nothing any more, as if it hung inside a handler.
supervised_actor hangs_once_ready(caf::local_actor& parent) {
  auto hung = parent.spawn<caf::actor_companion>();
  auto* raw = static_cast<caf::actor_companion*>(caf::actor_cast<caf::abstract_actor*>(hung));
  raw->on_enqueue([](caf::mailbox_element_ptr message) {
    if (message->content().match_elements<await_ready>())
      message->sender->enqueue(caf::make_mailbox_element(nullptr, message->mid.response_id(), {}, ready{}), nullptr);
  });
  return caf::actor_cast<supervised_actor>(hung);
}

caf::error crash() {
  return make_error(error_code::model_failed, "boom");
}

struct fixture : caf_fixture {
  std::shared_ptr<nursery> all = std::make_shared<nursery>();
  supervisor_actor root;
  caf::error root_died_of;
  bool root_is_dead = false;

  ~fixture() {
    caf::anon_send_exit(root, caf::exit_reason::kill);
    all->last.clear();
    settle();
  }

  child_spec spec(const std::string& id, restart_type restart = restart_type::permanent) {
    child_spec made;
    made.id = id;
    made.kind = "fake";
    made.restart = restart;
    made.ready_deadline = 10s;
    made.start = [id, nursery = all](caf::local_actor& parent) {
      return nursery->last[id] = parent.spawn(child, id, nursery->next_way(id), nursery);
    };
    return made;
  }

  supervisor_options options(restart_strategy strategy, std::vector<child_spec> children) {
    supervisor_options made{time, events, rng(7)};
    made.name = "root";
    made.strategy = strategy;
    made.intensity = {3, 5s};
    made.children = std::move(children);
    return made;
  }

  supervisor_options abc(restart_strategy strategy) { return options(strategy, {spec("a"), spec("b"), spec("c")}); }

  void start(supervisor_options made) {
    root = sys.spawn(supervisor, std::move(made));
    root->attach_functor([this](const caf::error& reason) {
      root_is_dead = true;
      root_died_of = reason;
    });
    settle();
  }

  void start_up(supervisor_options made) {
    start(std::move(made));
    BOOST_REQUIRE(ask<ready>(root, await_ready{}));
    all->take_log();
  }

  void end(const std::string& id, caf::error reason) {
    self->send_exit(all->last[id], std::move(reason));
    settle();
  }

  void end(caf::error reason) {
    self->send_exit(root, std::move(reason));
    settle();
  }

  std::string log() { return all->take_log(); }
  actor_status tree() { return *ask<actor_status>(root, get_status{}); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture)

// -- starting -----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(starts_children_in_order_each_after_the_former_is_ready) {
  all->ways["b"] = {way::never_ready};
  start(abc(restart_strategy::one_for_one));
  BOOST_TEST(log() == "+a +b");
  BOOST_TEST(tree().state == "starting");
}

BOOST_AUTO_TEST_CASE(is_ready_once_all_its_children_are) {
  start(abc(restart_strategy::one_for_one));
  BOOST_TEST(log() == "+a +b +c");
  BOOST_TEST(static_cast<bool>(ask<ready>(root, await_ready{})));
}

BOOST_AUTO_TEST_CASE(that_fails_to_start_stops_in_reverse_order_and_says_why) {
  all->ways["c"] = {way::not_ready};
  start(abc(restart_strategy::one_for_one));
  BOOST_TEST(log() == "+a +b +c -c -b -a");
  BOOST_TEST(describe(root_died_of) == "invalid_argument: 'c' of 'root' did not start: invalid_argument: bad model");
}

BOOST_AUTO_TEST_CASE(fails_to_start_with_a_child_that_dies_at_its_start) {
  all->ways["b"] = {way::dies_at_start};
  start(abc(restart_strategy::one_for_one));
  BOOST_TEST(log() == "+a +b -b -a");
  BOOST_TEST(describe(root_died_of) == "io_failed: 'b' of 'root' did not start: io_failed: no disk");
}

BOOST_AUTO_TEST_CASE(fails_to_start_with_a_child_that_is_not_ready_by_its_deadline) {
  all->ways["b"] = {way::never_ready};
  start(abc(restart_strategy::one_for_one));
  auto answer = ask_later<ready>(root, await_ready{});
  pass(9s);
  BOOST_TEST(!root_is_dead);
  pass(1s);
  BOOST_TEST(describe(root_died_of) == "deadline_exceeded: 'b' of 'root' did not start: deadline_exceeded: not ready in time");
  BOOST_TEST(describe((*answer)->error()) == describe(root_died_of));
}

BOOST_AUTO_TEST_CASE(fails_to_start_with_a_child_that_cannot_be_made) {
  auto broken = spec("b");
  broken.start = [](caf::local_actor&) -> supervised_actor { throw std::runtime_error("no memory"); };
  start(options(restart_strategy::one_for_one, {spec("a"), broken}));
  BOOST_TEST(describe(root_died_of) == "internal: 'b' of 'root' did not start: internal: no memory");
  BOOST_TEST(log() == "+a -a");
}

BOOST_AUTO_TEST_CASE(fails_to_start_with_a_child_whose_start_makes_no_actor) {
  auto broken = spec("a");
  broken.start = [](caf::local_actor&) { return supervised_actor(); };
  start(options(restart_strategy::one_for_one, {broken}));
  BOOST_TEST(describe(root_died_of) == "internal: 'a' of 'root' did not start: internal: the start of 'a' made no actor");
}

// -- strategies ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(one_for_one_restarts_the_crashed_child_alone) {
  start_up(abc(restart_strategy::one_for_one));
  end("b", crash());
  BOOST_TEST(log() == "-b +b");
}

BOOST_AUTO_TEST_CASE(one_for_all_stops_the_others_last_first_and_starts_all_in_order) {
  start_up(abc(restart_strategy::one_for_all));
  end("b", crash());
  BOOST_TEST(log() == "-b -c -a +a +b +c");
}

BOOST_AUTO_TEST_CASE(rest_for_one_restarts_the_crashed_child_and_those_after_it) {
  start_up(abc(restart_strategy::rest_for_one));
  end("b", crash());
  BOOST_TEST(log() == "-b -c +b +c");
}

BOOST_AUTO_TEST_CASE(one_for_one_lets_a_child_heal_while_another_is_slow_to_start) {
  start_up(abc(restart_strategy::one_for_one));
  all->ways["a"] = {way::never_ready};
  end("a", crash());
  end("c", crash());
  BOOST_TEST(log() == "-a +a -c +c");
  BOOST_TEST(tree().state == "healing");
}

BOOST_AUTO_TEST_CASE(a_second_death_during_a_group_restart_begins_the_group_anew) {
  start_up(abc(restart_strategy::one_for_all));
  all->ways["c"] = {way::never_ready};
  end("b", crash());
  BOOST_TEST(log() == "-b -c -a +a +b +c");
  end("a", crash());
  pass(1s);
  BOOST_TEST(log() == "-a -c -b +a +b +c");
  BOOST_TEST(tree().state == "running");
}

// -- restart types ------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(restarts_a_permanent_child_after_a_normal_exit_too) {
  start_up(abc(restart_strategy::one_for_one));
  end("a", caf::exit_reason::user_shutdown);
  BOOST_TEST(log() == "-a +a");
}

BOOST_AUTO_TEST_CASE(restarts_a_transient_child_only_after_a_failure) {
  start_up(options(restart_strategy::one_for_one, {spec("a", restart_type::transient)}));
  end("a", crash());
  BOOST_TEST(log() == "-a +a");
  end("a", caf::exit_reason::user_shutdown);
  BOOST_TEST(log() == "-a");
  BOOST_TEST(tree().children.at(0).state == "finished");
}

BOOST_AUTO_TEST_CASE(never_restarts_a_temporary_child_and_forgets_it) {
  start_up(options(restart_strategy::one_for_all, {spec("a"), spec("b", restart_type::temporary)}));
  end("b", crash());
  BOOST_TEST(log() == "-b");
  BOOST_TEST(tree().children.size() == 1u);
  BOOST_TEST(events.named("child_gave_up").size() == 1u);
}

// -- intensity ----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(puts_up_with_as_many_restarts_as_it_may) {
  start_up(abc(restart_strategy::one_for_one));
  for (auto id : {"a", "b", "c"})
    end(id, crash());
  BOOST_TEST(log() == "-a +a -b +b -c +c");
  BOOST_TEST(!root_is_dead);
}

BOOST_AUTO_TEST_CASE(fails_with_a_named_reason_at_one_restart_too_many) {
  start_up(options(restart_strategy::one_for_one, {spec("a"), spec("b"), spec("c"), spec("d")}));
  for (auto id : {"a", "b", "c", "d"})
    end(id, crash());
  BOOST_TEST(log() == "-a +a -b +b -c +c -d -c -b -a");
  BOOST_TEST(describe(root_died_of) == "unavailable: 'root' gave up: too many restarts, the last for 'd': model_failed: boom");
  BOOST_TEST(events.named("supervisor_failed").size() == 1u);
}

BOOST_AUTO_TEST_CASE(forgets_restarts_that_are_older_than_the_window) {
  start_up(options(restart_strategy::one_for_one, {spec("a"), spec("b"), spec("c"), spec("d")}));
  for (auto id : {"a", "b", "c"})
    end(id, crash());
  pass(5s);
  end("d", crash());
  BOOST_TEST(!root_is_dead);
}

BOOST_AUTO_TEST_CASE(with_unlimited_intensity_never_fails_upward) {
  auto made = abc(restart_strategy::one_for_one);
  made.intensity.restarts_max = restart_intensity::unlimited;
  start_up(made);
  for (int i = 0; i < 100; ++i) {
    end("b", crash());
    pass(30s);
  }
  BOOST_TEST(!root_is_dead);
  BOOST_TEST(tree().children.at(1).restarts == 100u);
}

BOOST_AUTO_TEST_CASE(counts_a_restart_that_fails_and_tries_again) {
  start_up(abc(restart_strategy::one_for_one));
  all->ways["b"] = {way::dies_at_start, way::not_ready};
  end("b", crash());
  pass_in_steps(1s, 50ms);
  BOOST_TEST(log() == "-b +b -b +b -b +b");
  BOOST_TEST(tree().state == "running");
  end("a", crash());
  BOOST_TEST(root_is_dead);
}

// -- backoff ------------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(restarts_at_once_the_first_time_and_later_after_a_delay) {
  auto made = abc(restart_strategy::one_for_one);
  made.backoff = {1s, 8s, 30s};
  start_up(made);
  end("b", crash());
  BOOST_TEST(log() == "-b +b");
  end("b", crash());
  BOOST_TEST(log() == "-b");
  BOOST_TEST(tree().children.at(1).state == "waiting");
  pass(1s);
  BOOST_TEST(log() == "+b");
}

BOOST_AUTO_TEST_CASE(restarts_at_once_again_after_a_quiet_time) {
  auto made = abc(restart_strategy::one_for_one);
  made.backoff = {1s, 8s, 30s};
  start_up(made);
  end("b", crash());
  pass(30s);
  end("b", crash());
  BOOST_TEST(log() == "-b +b -b +b");
}

// -- stopping -----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(stops_its_children_in_reverse_order_when_asked) {
  start_up(abc(restart_strategy::one_for_one));
  end(caf::exit_reason::user_shutdown);
  BOOST_TEST(log() == "-c -b -a");
  BOOST_TEST(describe(root_died_of) == "user_shutdown");
}

BOOST_AUTO_TEST_CASE(kills_a_child_that_ignores_exit) {
  all->ways["b"] = {way::ignores_exit};
  start_up(abc(restart_strategy::one_for_one));
  end(caf::exit_reason::user_shutdown);
  BOOST_TEST(log() == "-c");
  pass(5s);
  BOOST_TEST(log() == "");
  pass(1s);
  BOOST_TEST(log() == "-b -a");
  BOOST_TEST(root_is_dead);
  BOOST_TEST(events.named("child_killed").size() == 1u);
}

BOOST_AUTO_TEST_CASE(kills_a_child_at_once_whose_shutdown_is_brutal) {
  all->ways["a"] = {way::ignores_exit};
  auto brutal = spec("a");
  brutal.shutdown.brutal = true;
  start_up(options(restart_strategy::one_for_one, {brutal}));
  end(caf::exit_reason::user_shutdown);
  BOOST_TEST(log() == "-a");
}

BOOST_AUTO_TEST_CASE(leaves_behind_a_child_that_hangs_in_a_handler) {
  auto hung = spec("b");
  hung.start = [](caf::local_actor& parent) { return hangs_once_ready(parent); };
  start_up(options(restart_strategy::one_for_one, {spec("a"), hung}));
  end(caf::exit_reason::user_shutdown);
  for (auto rung : {5s, 1s, 1s}) {
    BOOST_TEST(!root_is_dead);
    pass(rung);
  }
  BOOST_TEST(log() == "-a");
  BOOST_TEST(root_is_dead);
  BOOST_TEST(events.named("child_abandoned").size() == 1u);
}

BOOST_AUTO_TEST_CASE(told_to_stop_now_after_it_was_asked_kills_what_is_left) {
  all->ways["b"] = {way::ignores_exit};
  start_up(abc(restart_strategy::one_for_one));
  end(caf::exit_reason::user_shutdown);
  BOOST_TEST(log() == "-c");
  end(make_error(error_code::deadline_exceeded, "did not stop when asked"));
  BOOST_TEST(log() == "-a -b");
  BOOST_TEST(describe(root_died_of) == "user_shutdown");
}

BOOST_AUTO_TEST_CASE(asked_to_stop_while_it_starts_stops_what_it_has_started) {
  all->ways["b"] = {way::never_ready};
  start(abc(restart_strategy::one_for_one));
  auto is_up = ask_later<ready>(root, await_ready{});
  end(caf::exit_reason::user_shutdown);
  BOOST_TEST(log() == "+a +b -b -a");
  BOOST_REQUIRE(is_up->has_value());
  BOOST_TEST(!**is_up);
}

BOOST_AUTO_TEST_CASE(asked_to_stop_during_a_backoff_does_not_start_anyone) {
  start_up(abc(restart_strategy::one_for_one));
  end("b", crash());
  end("b", crash());
  log();
  end(caf::exit_reason::user_shutdown);
  pass(30s);
  BOOST_TEST(log() == "-c -a");
  BOOST_TEST(root_is_dead);
}

BOOST_AUTO_TEST_CASE(that_is_killed_takes_its_children_with_it) {
  start_up(abc(restart_strategy::one_for_one));
  end(caf::exit_reason::kill);
  BOOST_TEST(log() == "-a -b -c");
}

// -- escalation ---------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(that_fails_is_a_failed_child_of_its_own_supervisor_up_to_the_root) {
  auto below = [this](const std::string& name, std::vector<child_spec> children) {
    auto made = options(restart_strategy::one_for_one, std::move(children));
    made.name = name;
    made.intensity = {1, 5s};
    child_spec as_child;
    as_child.id = name;
    as_child.kind = "supervisor";
    as_child.start = [made](caf::local_actor& parent) -> supervised_actor { return parent.spawn(supervisor, made); };
    return as_child;
  };
  auto top = options(restart_strategy::one_for_one, {below("middle", {below("low", {spec("a")})})});
  top.intensity = {1, 5s};
  start_up(top);
  for (int crashes = 0; crashes < 7; ++crashes) {
    BOOST_TEST(!root_is_dead);
    end("a", crash());
  }
  BOOST_TEST(!root_is_dead);
  end("a", crash());
  BOOST_TEST(root_is_dead);
  BOOST_TEST(events.named("supervisor_failed").size() == 7u); // low 4 times, middle twice, root
  BOOST_TEST(describe(root_died_of).find("'root' gave up: too many restarts, the last for 'middle'") != std::string::npos);
}

// -- dynamic children ---------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(refuses_a_child_whose_id_is_taken) {
  start_up(abc(restart_strategy::one_for_one));
  auto answer = ask<child_up>(root, start_child{spec("a")});
  BOOST_TEST(to_string(to_error(answer.error())) == "already_exists: 'root' has a child 'a' already; stop it first");
}

BOOST_AUTO_TEST_CASE(refuses_children_while_it_starts) {
  all->ways["a"] = {way::never_ready};
  start(abc(restart_strategy::one_for_one));
  BOOST_TEST((to_error(ask<child_up>(root, start_child{spec("d")}).error()).code == error_code::failed_precondition));
  BOOST_TEST((to_error(ask<child_down>(root, stop_child{"a"}).error()).code == error_code::failed_precondition));
}

BOOST_AUTO_TEST_CASE(refuses_children_while_it_stops) {
  all->ways["a"] = {way::ignores_exit};
  start_up(abc(restart_strategy::one_for_one));
  end(caf::exit_reason::user_shutdown);
  BOOST_TEST((to_error(ask<child_up>(root, start_child{spec("d")}).error()).code == error_code::unavailable));
  BOOST_TEST((to_error(ask<ready>(root, await_ready{}).error()).code == error_code::unavailable));
}

BOOST_AUTO_TEST_CASE(does_not_keep_a_new_child_that_fails_to_start) {
  start_up(abc(restart_strategy::one_for_one));
  all->ways["d"] = {way::not_ready};
  auto answer = ask<child_up>(root, start_child{spec("d")});
  BOOST_TEST(describe(answer.error()) == "invalid_argument: bad model");
  BOOST_TEST(tree().children.size() == 3u);
}

BOOST_AUTO_TEST_CASE(answers_when_a_new_child_is_ready) {
  start_up(abc(restart_strategy::one_for_one));
  auto answer = ask<child_up>(root, start_child{spec("d")});
  BOOST_REQUIRE(static_cast<bool>(answer));
  BOOST_TEST((answer->handle == all->last["d"]));
  end("d", crash());
  BOOST_TEST(log() == "+d -d +d");
}

BOOST_AUTO_TEST_CASE(stops_and_forgets_a_child_and_its_id_is_free_again) {
  start_up(abc(restart_strategy::one_for_all));
  BOOST_TEST(static_cast<bool>(ask<child_down>(root, stop_child{"b"})));
  BOOST_TEST(log() == "-b");
  BOOST_TEST((to_error(ask<child_down>(root, stop_child{"b"}).error()).code == error_code::not_found));
  BOOST_TEST(static_cast<bool>(ask<child_up>(root, start_child{spec("b")})));
}

BOOST_AUTO_TEST_CASE(answers_both_when_a_child_is_stopped_while_it_starts) {
  start_up(abc(restart_strategy::one_for_one));
  all->ways["d"] = {way::never_ready};
  auto started = ask_later<child_up>(root, start_child{spec("d")});
  auto stopped = ask_later<child_down>(root, stop_child{"d"});
  BOOST_REQUIRE((started->has_value() && stopped->has_value()));
  BOOST_TEST(describe((*started)->error()) == "unavailable: 'd' was stopped");
  BOOST_TEST(static_cast<bool>(**stopped));
}

BOOST_AUTO_TEST_CASE(answers_a_stop_only_when_the_child_is_dead) {
  all->ways["b"] = {way::ignores_exit};
  start_up(abc(restart_strategy::one_for_one));
  auto answer = ask_later<child_down>(root, stop_child{"b"});
  BOOST_TEST(!answer->has_value());
  pass(5s);
  pass(1s);
  BOOST_REQUIRE(answer->has_value());
  BOOST_TEST(describe((**answer)->reason) == "kill");
}

BOOST_AUTO_TEST_CASE(restarts_a_child_when_asked_without_counting_it_as_a_failure) {
  start_up(abc(restart_strategy::one_for_one));
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(static_cast<bool>(ask<child_up>(root, restart_child{"b"})));
  BOOST_TEST(!root_is_dead);
  BOOST_TEST(tree().children.at(1).restarts == 10u);
}

// -- announcements ------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(announces_new_handles_and_deaths) {
  std::vector<std::string> heard;
  start_up(abc(restart_strategy::one_for_one));
  auto listener = sys.spawn([&](child_listener::pointer) -> child_listener::behavior_type {
    return {[&](const child_up& up) { heard.push_back("up " + up.id + (up.handle == all->last[up.id] ? "" : " old")); },
            [&](const child_down& down) { heard.push_back("down " + down.id + " " + describe(down.reason)); }};
  });
  caf::anon_send(root, watch_children{listener});
  settle();
  end("b", crash());
  std::vector<std::string> expected{"up a", "up b", "up c", "down b model_failed: boom", "up b"};
  BOOST_TEST(heard == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tells_a_listener_only_of_handles_that_were_up) {
  std::vector<std::string> heard;
  start_up(options(restart_strategy::one_for_one, {}));
  auto listener = sys.spawn([&](child_listener::pointer) -> child_listener::behavior_type {
    return {[&](const child_up& up) { heard.push_back("up " + up.id); },
            [&](const child_down& down) { heard.push_back("down " + down.id); }};
  });
  caf::anon_send(root, watch_children{listener});
  all->ways["a"] = {way::dies_at_start};
  (void)ask<child_up>(root, start_child{spec("a")});
  BOOST_TEST(heard.empty());
}

// -- the tree -----------------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(tells_ages_states_restarts_and_their_causes) {
  start_up(abc(restart_strategy::rest_for_one));
  auto begun = time.now();
  pass(10s);
  end("b", crash());
  auto status = tree();
  BOOST_TEST(status.name == "root");
  BOOST_TEST(status.state == "running");
  BOOST_REQUIRE(status.children.size() == 3u);
  BOOST_TEST((status.children[0].since == begun));
  BOOST_TEST(status.children[0].restarts == 0u);
  BOOST_TEST((status.children[1].since == begun + 10s));
  BOOST_TEST(status.children[1].state == "idle");
  BOOST_TEST(status.children[1].kind == "fake");
  BOOST_TEST(status.children[1].detail == "restarted after: model_failed: boom");
  BOOST_TEST(status.children[2].detail == "restarted after: restarted with b");
}

BOOST_AUTO_TEST_CASE(shows_a_child_that_does_not_answer_as_silent) {
  all->ways["b"] = {way::mute};
  start_up(abc(restart_strategy::one_for_one));
  auto answer = ask_later<actor_status>(root, get_status{1s});
  BOOST_TEST(!answer->has_value());
  pass(1s);
  BOOST_REQUIRE(answer->has_value());
  BOOST_TEST((**answer)->children.at(0).state == "idle");
  BOOST_TEST((**answer)->children.at(1).state == "silent");
}

BOOST_AUTO_TEST_SUITE_END()
