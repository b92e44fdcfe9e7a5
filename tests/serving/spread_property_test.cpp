#define BOOST_TEST_MODULE spread_property
#include "tests/serving/spread_fixture.hpp"
#include "tests/support/plain_runner.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <mutex>
#include <thread>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> nodes = {"n2", "n3", "n4"};

/// Anything that can happen to a version's places, in random order.
struct storm : spread_fixture {
  rng random;
  std::vector<std::shared_ptr<outcome>> asked;
  std::vector<std::shared_ptr<hand_runner>> runners; ///< of all local pools that there were
  std::vector<std::shared_ptr<pool>> former;

  explicit storm(std::uint64_t seed) : spread_fixture(seed), random(seed) {}

  void step() {
    switch (random.below(12)) {
    case 0: return fail_one(error_code::unavailable);
    case 1: return fail_one(error_code::overloaded);
    case 2: return tell(nodes[random.below(nodes.size())], random.chance(0.7), static_cast<std::uint32_t>(random.below(4)));
    case 3: return pass(std::chrono::milliseconds(random.below(200)));
    case 4: return replace_local();
    case 5: return change_remotes();
    case 6:
    case 7: return answer_one();
    case 8: return run_local();
    default: return ask_some();
    }
  }
  void ask_some() {
    for (auto count = 1 + random.below(4); count > 0; --count)
      asked.push_back(submit(static_cast<float>(asked.size()), std::chrono::milliseconds(1 + random.below(1000))));
    dispatch();
  }
  void answer_one() {
    if (!wire.calls.empty())
      answer_call(random.below(wire.calls.size())); // perhaps once more
  }
  void fail_one(error_code code) {
    if (!wire.calls.empty())
      fail_call(random.below(wire.calls.size()), code, static_cast<std::uint32_t>(random.below(2)));
  }
  void replace_local() {
    auto before = target->local();
    target->set_local(nullptr);
    if (random.chance(0.5))
      for (auto& runner : open_local(random.below(3)))
        runners.push_back(std::move(runner));
    if (before == nullptr)
      return;
    before->close(random.chance(0.5));
    former.push_back(std::move(before));
    run_local();
  }
  void change_remotes() {
    std::vector<std::shared_ptr<remote_pool>> some;
    for (const auto& node : nodes)
      if (random.chance(0.7))
        some.push_back(remote(node, static_cast<std::uint32_t>(random.below(3))));
    target->set_remotes(std::move(some));
  }
  void run_local() {
    for (const auto& runner : runners)
      if (runner->busy())
        runner->finish();
    settle();
  }
  /// Everything comes to its end.
  void end() {
    pass(10s);
    if (auto local = target->local(); local != nullptr)
      former.push_back(local);
    for (const auto& each : former)
      each->close(true);
    run_local();
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(each_request_is_answered_once_and_tried_on_two_nodes_at_most) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    storm weather(seed);
    for (int i = 0; i < 60; ++i)
      weather.step();
    weather.end();
    std::map<float, int> tries;
    for (const auto& call : weather.wire.calls)
      for (const auto& request : call.requests)
        ++tries[request.value];
    BOOST_REQUIRE_MESSAGE(weather.target->quiet(), "seed " << seed << ": something is left under way");
    for (std::size_t i = 0; i < weather.asked.size(); ++i) {
      const auto& one = *weather.asked[i];
      BOOST_REQUIRE_MESSAGE(one.times == 1, "seed " << seed << ": request " << i << " was answered " << one.times << " times");
      BOOST_REQUIRE_MESSAGE(one.failure || one.values == std::vector<float>{static_cast<float>(i)},
                            "seed " << seed << ": request " << i << " got another one's answer");
      BOOST_REQUIRE_MESSAGE(tries[static_cast<float>(i)] <= 2, "seed " << seed << ": request " << i << " was tried too often");
    }
  }
}

namespace {

/// Another node: a thread that answers, refuses, or loses what it gets.
class threaded_node final : public forwarder {
public:
  std::uint64_t call_bytes_max() const override { return 1 << 20; }
  void forward(const std::shared_ptr<remote_pool>& to, event_loop& from, const std::vector<outgoing>& requests) override {
    std::vector<std::pair<std::uint64_t, float>> got;
    for (const auto& each : requests)
      got.emplace_back(each.ticket, *reinterpret_cast<const float*>(each.request->inputs[0].data));
    node_.post([to, &from, got = std::move(got), chance = chance_.fetch_add(1) % 8] {
      if (chance == 0)
        return; // lost
      from.post([to, got, chance] {
        for (const auto& [ticket, value] : got) {
          auto view = make_view(datatype::fp32, {1, 1}, reinterpret_cast<const std::byte*>(&value), sizeof value);
          if (chance < 3)
            to->failed(ticket, 0, {error_code::unavailable, "as told"});
          else
            to->answered(ticket, {view});
        }
      });
    });
  }
  void withdraw(const std::shared_ptr<remote_pool>&, event_loop&, std::set<std::uint64_t>) override {}

private:
  test_loop node_;
  std::atomic<unsigned> chance_{0};
};

} // namespace

BOOST_AUTO_TEST_CASE(each_request_is_answered_once_while_threads_change_everything) {
  constexpr int rounds = 100;
  constexpr int per_round = 8;
  real_clock time;
  collected_events events;
  peer_board board;
  threaded_node node;
  test_loop loops[2];
  auto target = std::make_shared<spread>(spread_fixture::id(), spread_fixture::spec(), time, 1);
  std::vector<std::shared_ptr<outcome>> asked(2 * rounds * per_round);
  for (auto& each : asked)
    each = std::make_shared<outcome>();
  std::atomic<bool> done{false};
  std::thread ticker([&] {
    while (!done)
      target->expire(time.now());
  });
  std::thread actors([&] {
    for (int i = 0; !done; ++i) {
      for (const auto& name : nodes)
        board.set(name, {name, "", (i + name[1]) % 3 != 0, 0});
      std::vector<std::shared_ptr<remote_pool>> remotes;
      for (const auto& name : nodes)
        if ((i + name[1]) % 4 != 0)
          remotes.push_back(std::make_shared<remote_pool>(target->id(), target->spec(), 1, board.find(name), node));
      target->set_remotes(std::move(remotes));
      auto before = target->local();
      auto next = std::make_shared<pool>(target->id(), target->spec(), time, events);
      next->attach(std::make_shared<plain_runner>(next));
      target->set_local(i % 2 == 0 ? next : nullptr);
      if (before != nullptr)
        before->close(i % 3 == 0);
      std::this_thread::yield();
    }
  });
  for (int round = 0; round < rounds; ++round)
    for (int l = 0; l < 2; ++l)
      loops[l].run([&] {
        for (int i = 0; i < per_round; ++i) {
          auto number = static_cast<std::size_t>((l * rounds + round) * per_round + i);
          auto next =
              std::make_unique<recorded_request>(loops[l], std::vector<float>{static_cast<float>(number)}, 1, asked[number]);
          next->deadline = next->arrived + 2s;
          target->submit(std::move(next));
        }
        target->dispatch(loops[l]);
      });
  bool all =
      eventually([&] { return std::all_of(asked.begin(), asked.end(), [](const auto& each) { return each->times > 0; }); });
  done = true;
  actors.join();
  ticker.join();
  BOOST_TEST(all);
  BOOST_TEST(eventually([&] { return target->quiet(); }));
  target->close();
  if (auto local = target->local(); local != nullptr)
    local->close(true);
  target->set_local(nullptr);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    BOOST_TEST_REQUIRE(asked[i]->times == 1);
    BOOST_TEST_REQUIRE((asked[i]->failure || asked[i]->values == std::vector<float>{static_cast<float>(i)}));
  }
}
