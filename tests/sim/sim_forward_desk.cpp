#include "tests/sim/sim_forward_desk.hpp"

#include "tests/sim/sim_member.hpp"

#include "runtime/policy/queue_policy.hpp"

namespace troupe {

/// Requests that came in one call; answered once all of them are.
class sim_forward_desk::open_call {
public:
  open_call(const std::vector<sim_forwarded>& requests, std::function<void(sim_forwarder::answers)> told)
    : told_(std::move(told)) {
    for (const auto& each : requests)
      withdrawn_[each.ticket] = std::make_shared<std::atomic<bool>>(false);
  }

  std::shared_ptr<const std::atomic<bool>> withdrawn(std::uint64_t ticket) const { return withdrawn_.at(ticket); }
  void withdraw(std::uint64_t ticket) {
    if (auto found = withdrawn_.find(ticket); found != withdrawn_.end())
      found->second->store(true);
  }
  void withdraw_all() {
    for (auto& [ticket, withdrawn] : withdrawn_)
      withdrawn->store(true);
  }

  void add(sim_forward_answer one) {
    answers_.push_back(std::move(one));
    if (answers_.size() == withdrawn_.size())
      told_(std::move(answers_));
  }

private:
  std::map<std::uint64_t, std::shared_ptr<std::atomic<bool>>> withdrawn_; ///< by ticket
  sim_forwarder::answers answers_;
  std::function<void(sim_forwarder::answers)> told_;
};

class sim_forward_desk::forwarded_request final : public inference_request {
public:
  forwarded_request(std::shared_ptr<open_call> call, const sim_forwarded& from)
    : call_(std::move(call)), ticket_(from.ticket), values_(from.values) {
    inputs.push_back(make_view(datatype::fp32, {static_cast<std::int64_t>(values_.size() / 2), 2},
                               reinterpret_cast<const std::byte*>(values_.data()), values_.size() * sizeof(float)));
    rows = from.rows;
    crashes = from.crashes;
    alone = from.alone;
    abandoned = call_->withdrawn(ticket_);
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

std::shared_ptr<pool> sim_forward_desk::find_pool(const version_id& which) const {
  const auto& routes = self_.node().routes();
  auto table = routes.read();
  auto route = table->find(which.deployment);
  if (route != table->end() && route->second.target != nullptr && route->second.version == which)
    if (auto local = route->second.target->local(); local != nullptr)
      return local;
  return routes.find_pool(which);
}

void sim_forward_desk::serve(const sim_call_key& key, const version_id& which, const std::vector<sim_forwarded>& requests,
                             std::function<void(sim_forwarder::answers)> told) {
  for (auto it = open_.begin(); it != open_.end();)
    it = it->second.expired() ? open_.erase(it) : std::next(it);
  auto call = std::make_shared<open_call>(requests, std::move(told));
  open_[key] = call;
  auto target = find_pool(which);
  auto now = self_.time.now();
  self_.loop.run([&] {
    for (const auto& each : requests) {
      if (target == nullptr) {
        call->add({each.ticket,
                   each.crashes,
                   {},
                   {error_code::unavailable, to_string(which) + " does not run on the node that was asked; retry"}});
        continue;
      }
      auto next = std::make_unique<forwarded_request>(call, each);
      next->arrived = now;
      next->deadline = now + without_travel(std::chrono::duration_cast<std::chrono::microseconds>(each.patience));
      next->loop = &self_.loop;
      target->submit(std::move(next));
    }
    if (target != nullptr)
      target->dispatch();
  });
}

void sim_forward_desk::withdraw(const sim_call_key& key, const std::set<std::uint64_t>& tickets) {
  auto found = open_.find(key);
  if (found == open_.end())
    return;
  if (auto call = found->second.lock(); call != nullptr)
    for (auto ticket : tickets)
      call->withdraw(ticket);
}

void sim_forward_desk::lose(std::size_t machine) {
  for (const auto& [key, open] : open_)
    if (auto call = open.lock(); key.machine == machine && call != nullptr)
      call->withdraw_all();
}

} // namespace troupe
