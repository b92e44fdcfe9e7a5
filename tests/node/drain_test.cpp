#define BOOST_TEST_MODULE drain
#include "runtime/node/drain.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/fake_forwarder.hpp"
#include "tests/support/recorded_request.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct drain_fixture {
  real_clock time;
  collected_events events;
  kj_loop loop{"loop", [](const std::string&) {}};
  routing_cell routes;
  drain_gate gate;
  std::shared_ptr<pool> target = make_pool();
  std::shared_ptr<outcome> waiting = std::make_shared<outcome>();

  std::shared_ptr<pool> make_pool() {
    model_spec spec;
    spec.inputs = {{"x", datatype::fp32, {-1, -1}}};
    spec.max_batch = 4;
    spec.queue_rows_max = 8;
    auto made = std::make_shared<pool>(version_id{"digits", 1}, spec, time, events);
    routes.enlist(made);
    return made;
  }
  void submit() { target->submit(std::make_unique<recorded_request>(loop, std::vector<float>{1}, 1, waiting)); }
  bool drain_within(std::chrono::milliseconds patience) { return drain(gate, routes, {&loop}, time, patience); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_not_done_in_time_is_refused, drain_fixture) {
  submit();
  BOOST_TEST(!drain_within(10ms));
  BOOST_TEST(gate.closed());
  BOOST_TEST(target->quiet());
}

BOOST_FIXTURE_TEST_CASE(a_node_without_work_drains_at_once, drain_fixture) {
  BOOST_TEST(drain_within(10s));
  BOOST_TEST(gate.closed());
}

BOOST_FIXTURE_TEST_CASE(a_request_that_waits_is_waited_for, drain_fixture) {
  submit();
  auto drained = std::async(std::launch::async, [this] { return drain_within(10s); });
  while (!gate.closed())
    std::this_thread::yield();
  BOOST_TEST((drained.wait_for(0s) == std::future_status::timeout));
  target->close(true); // answers it
  BOOST_TEST(drained.get());
}

BOOST_FIXTURE_TEST_CASE(a_request_on_another_node_is_waited_for, drain_fixture) {
  fake_forwarder wire;
  peer_board board;
  board.set("n2", {"n2", "", true, 0});
  auto places = std::make_shared<spread>(target->id(), target->spec(), time, 1);
  places->set_remotes({std::make_shared<remote_pool>(target->id(), target->spec(), 1, board.find("n2"), wire)});
  routing_table table;
  table["digits"] = {target->id(), places};
  routes.publish(std::make_shared<routing_table>(std::move(table)));
  places->submit(std::make_unique<recorded_request>(loop, std::vector<float>{1}, 1, waiting));
  auto drained = std::async(std::launch::async, [this] { return drain_within(10s); });
  while (!gate.closed())
    std::this_thread::yield();
  BOOST_TEST((drained.wait_for(0s) == std::future_status::timeout));
  std::promise<void> told;
  loop.post([&] {
    places->dispatch(loop);
    fake_forwarder::answer(wire.calls.front());
    told.set_value();
  });
  told.get_future().wait();
  BOOST_TEST(drained.get());
  BOOST_TEST(waiting->values == std::vector<float>{1});
}
