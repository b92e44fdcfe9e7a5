#include "tests/sim/sim_client.hpp"

#include "runtime/serving/shadow_copy.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// On top of its deadline and of two batches that run into their timeout: tickers, posted answers.
constexpr auto answer_slack = 300ms;

} // namespace

class sim_client::request final : public inference_request {
public:
  request(sim_client& from, std::uint64_t id, float value, std::uint32_t row_count)
    : from_(from), id_(id), values_(2 * row_count, value) {
    tensor_view input;
    input.rank = 2;
    input.dims[0] = row_count;
    input.dims[1] = 2;
    input.data = reinterpret_cast<const std::byte*>(values_.data());
    input.size = values_.size() * sizeof(float);
    inputs.push_back(input);
    rows = row_count;
  }
  ~request() override { from_.on_dropped(id_); }
  void on_outputs(const std::vector<tensor_view>& outputs) override { from_.on_outputs(id_, values_[0], outputs); }
  void on_error(const error& failure) override { from_.on_error(id_, failure); }

private:
  sim_client& from_;
  std::uint64_t id_;
  std::vector<float> values_;
};

void sim_client::send(const routing_cell& routes, const std::string& deployment, float value, std::chrono::milliseconds patience,
                      std::uint32_t rows) {
  auto id = ++last_id_;
  auto table = routes.read();
  auto found = table->find(deployment);
  if (found == table->end())
    return find_none(deployment, {error_code::not_found, "no route"});
  if (found->second.target == nullptr)
    return find_none(deployment, found->second.why_not);
  auto way = way_of(found->second);
  auto judged_by = way.arm == candidate_arm ? way.divided->split : nullptr;
  sim_choice to{way.target->id(), judged_by, time_.now()};
  on_sent(to);
  auto rewarded = way.divided != nullptr && way.divided->takes_rewards ? way.divided->watch : nullptr;
  open_[id] = {to, time_.now() + patience, way.target->spec().batch_timeout, std::move(rewarded), way.arm};
  auto next = std::make_unique<request>(*this, id, value, rows);
  next->arrived = time_.now();
  next->deadline = time_.now() + patience;
  next->loop = &loop_;
  next->abandoned = open_[id].abandoned;
  next->judged_by = std::move(judged_by);
  request_ptr copy;
  if (way.divided != nullptr) {
    next->observer = way.divided->watch->observer_of(way.arm);
    if (way.arm == incumbent_arm && way.divided->target != nullptr && way.divided->copies_max > 0
        && way.divided->split->takes_copy())
      copy = shadow_copy(*next, way.divided->watch, way.divided->copies_max);
  }
  submit(way.target, std::move(next));
  if (copy != nullptr)
    submit(way.divided->target, std::move(copy));
}

/// What comes at about one moment goes on together, as a gateway's loop does it.
void sim_client::submit(const std::shared_ptr<spread>& to, request_ptr what) {
  loop_.run([&] { to->submit(std::move(what)); });
  if (submitted_.empty())
    loop_.post([this] {
      for (const auto& each : std::exchange(submitted_, {}))
        each->dispatch(loop_);
    });
  submitted_.push_back(to);
}

/// As a gateway decides it.
sim_client::way sim_client::way_of(const route& where) {
  const auto& candidate = where.candidate;
  if (!candidate)
    return {where.target};
  auto arm = candidate->split->choose(std::nullopt);
  auto target = arm == candidate_arm   ? candidate->target
                : arm == incumbent_arm ? nullptr
                                       : candidate->others.at(arm - first_other_arm).target;
  if (target == nullptr || !target->is_reachable())
    return {where.target, incumbent_arm, &*candidate};
  return {std::move(target), arm, &*candidate};
}

void sim_client::check_overdue() {
  for (auto& [id, each] : open_)
    if (time_.now() > each.deadline + 2 * each.batch_timeout + answer_slack && !std::exchange(each.complained, true))
      complain_("request " + std::to_string(id) + " to " + to_string(each.to.version) + " was never answered");
}

void sim_client::lose_patience(rng& random, double share) {
  for (auto& [id, each] : open_)
    if (random.chance(share)) {
      each.to.wanted = false;
      each.abandoned->store(true);
    }
}

void sim_client::excuse(std::chrono::nanoseconds frozen) {
  for (auto& [id, each] : open_)
    each.deadline += frozen;
}

void sim_client::find_none(const std::string& deployment, const error& why) {
  count_refusal(why);
  on_no_target(deployment, time_.now(), why);
}

void sim_client::count_refusal(const error& why) {
  ++refused_;
  ++refusals_[why.code];
}

void sim_client::on_outputs(std::uint64_t id, float value, const std::vector<tensor_view>& outputs) {
  auto first = reinterpret_cast<const float*>(outputs[0].data);
  auto factor = first[0] / value;
  for (std::size_t i = 0; i < outputs[0].size / sizeof(float); ++i)
    if (first[i] != first[0] || factor != static_cast<float>(static_cast<int>(factor)))
      complain_("request " + std::to_string(id) + " got another one's answer");
  auto known = close(id);
  if (!known)
    return;
  if (known->to.wanted)
    ++answered_;
  if (known->rewarded != nullptr)
    known->rewarded->reward(known->arm, id, 1);
  on_answer(known->to, nullptr);
}

void sim_client::on_error(std::uint64_t id, const error& why) {
  auto known = close(id);
  if (!known)
    return;
  if (known->to.wanted)
    count_refusal(why);
  if (known->to.wanted && why.code == error_code::cancelled)
    complain_("request " + std::to_string(id) + " was cancelled, though its client waits");
  if (known->rewarded != nullptr)
    known->rewarded->reward(known->arm, id, 0);
  on_answer(known->to, &why);
}

void sim_client::on_dropped(std::uint64_t id) {
  if (open_.erase(id) != 0)
    complain_("request " + std::to_string(id) + " was dropped without an answer");
}

std::optional<sim_client::pending> sim_client::close(std::uint64_t id) {
  auto found = open_.extract(id);
  if (!found.empty())
    return std::move(found.mapped());
  if (id > last_hung_up_)
    complain_("request " + std::to_string(id) + " was answered twice");
  return std::nullopt;
}

} // namespace troupe
