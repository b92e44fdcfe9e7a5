#include "runtime/policy/evidence/best_arm.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

std::size_t pairs_of(std::size_t arms) {
  return arms * (arms - 1) / 2;
}

std::size_t index_of(std::size_t earlier, std::size_t later) {
  return pairs_of(later) + earlier;
}

mean_options with_share(mean_options options, std::size_t arms) {
  options.alpha /= static_cast<double>(std::max<std::size_t>(pairs_of(arms), 1));
  return options;
}

verdict judge_pair(const best_arm_state& state, std::size_t earlier, std::size_t later, const mean_options& options) {
  auto index = index_of(earlier, later);
  return judge(index < state.pairs.size() ? state.pairs[index] : mean_state{}, options);
}

} // namespace

result<void> advance(best_arm_state& state, const std::vector<reward_sums>& batch, const mean_options& options) {
  auto each_options = with_share(options, batch.size());
  auto next = state;
  next.pairs.resize(pairs_of(batch.size()));
  for (std::size_t later = 1; later < batch.size(); ++later)
    for (std::size_t earlier = 0; earlier < later; ++earlier)
      if (auto taken = advance(next.pairs[index_of(earlier, later)], reward_batch{batch[later], batch[earlier]}, each_options);
          !taken)
        return taken;
  state = std::move(next);
  return {};
}

arms_judged judge_arms(const best_arm_state& state, std::size_t arms, const mean_options& options) {
  auto each_options = with_share(options, arms);
  arms_judged judged{std::vector<bool>(arms, false), std::nullopt};
  auto& out = judged.out;
  for (std::size_t later = 1; later < arms; ++later)
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      auto said = judge_pair(state, earlier, later, each_options).is;
      if (said != standing::undecided) // fine is a gain, since no loss is tolerated
        out[said == standing::worse ? later : earlier] = true;
    }
  if (std::count(out.begin(), out.end(), false) == 1)
    judged.best = static_cast<std::size_t>(std::find(out.begin(), out.end(), false) - out.begin());
  return judged;
}

std::string reason_of_pair(const best_arm_state& state, std::size_t a, std::size_t b, std::size_t arms,
                           const mean_options& options) {
  return judge_pair(state, std::min(a, b), std::max(a, b), with_share(options, arms)).reason;
}

} // namespace troupe
