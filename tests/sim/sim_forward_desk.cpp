#include "tests/sim/sim_forward_desk.hpp"

#include "runtime/policy/queue_policy.hpp"

namespace troupe {

namespace {

/// Requests that came in one call; answered once all of them are.
struct open_call {
  sim_forwarder::answers answers;
  std::size_t left = 0;
  std::function<void(sim_forwarder::answers)> told;

  void add(sim_forward_answer one) {
    answers.push_back(std::move(one));
    if (--left == 0)
      told(std::move(answers));
  }
};

class forwarded_request final : public inference_request {
public:
  forwarded_request(std::shared_ptr<open_call> call, const sim_forwarded& from)
    : call_(std::move(call)), ticket_(from.ticket), values_(from.values) {
    inputs.push_back(make_view(datatype::fp32, {static_cast<std::int64_t>(values_.size() / 2), 2},
                               reinterpret_cast<const std::byte*>(values_.data()), values_.size() * sizeof(float)));
    rows = from.rows;
    crashes = from.crashes;
    alone = from.alone;
  }

  void on_outputs(const std::vector<tensor_view>& outputs) override {
    auto first = reinterpret_cast<const float*>(outputs[0].data);
    call_->add({ticket_, crashes, {first, first + outputs[0].size / sizeof(float)}, {}});
  }
  void on_error(const error& failure) override { call_->add({ticket_, crashes, {}, failure}); }

private:
  std::shared_ptr<open_call> call_;
  std::uint64_t ticket_;
  std::vector<float> values_;
};

std::shared_ptr<pool> find_pool(const routing_cell& routes, const version_id& which) {
  auto table = routes.read();
  auto route = table->find(which.deployment);
  if (route != table->end() && route->second.target != nullptr && route->second.version == which)
    if (auto local = route->second.target->local(); local != nullptr)
      return local;
  return routes.find_pool(which);
}

} // namespace

void serve_forwarded(const routing_cell& routes, sim_loop& loop, const sim_time& time, const version_id& which,
                     const std::vector<sim_forwarded>& requests, std::function<void(sim_forwarder::answers)> told) {
  auto call = std::make_shared<open_call>(open_call{{}, requests.size(), std::move(told)});
  auto target = find_pool(routes, which);
  loop.run([&] {
    for (const auto& each : requests) {
      if (target == nullptr) {
        call->add({each.ticket,
                   each.crashes,
                   {},
                   {error_code::unavailable, to_string(which) + " does not run on the node that was asked; retry"}});
        continue;
      }
      auto next = std::make_unique<forwarded_request>(call, each);
      next->arrived = time.now();
      next->deadline = time.now() + without_travel(std::chrono::duration_cast<std::chrono::microseconds>(each.patience));
      next->loop = &loop;
      target->submit(std::move(next));
    }
    if (target != nullptr)
      target->dispatch();
  });
}

} // namespace troupe
