#include "tests/sim/sim_joiner.hpp"

#include "cluster/join_token.hpp"
#include "cluster/proof.hpp"

#include <stdexcept>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;
constexpr auto pause = 500ms;
constexpr const char* nonce = "nonce";

} // namespace

void sim_joiner::go_on(sim_member& seed) {
  if (is_in() || seed.time.now() < next_try_)
    return;
  next_try_ = seed.time.now() + patience + pause; // the seed may die, and its answer with it
  token_.empty() ? ask_token(seed) : ask_in(seed);
}

void sim_joiner::ask_token(sim_member& seed) {
  std::function<void(result<token_made>)> told = [this, &seed](const result<token_made>& made) {
    next_try_ = seed.time.now() + (made ? 0ms : pause);
    if (made)
      token_ = made->text;
  };
  seed.node().ask<token_made>(seed.node().actors().registrar.get(), create_token{cluster_role::node, 1h, 1, "sim"}, patience,
                              told);
}

void sim_joiner::ask_in(sim_member& seed) {
  auto token = parse_join_token(token_).value();
  const auto& self = newcomer_.self;
  join_request who{token.secret,
                   self.node_id,
                   self.name,
                   self.address,
                   key_.public_key(),
                   self.labels,
                   seed.time.wall_now(),
                   prove(key_, token.cluster_id, self.node_id, nonce)};
  std::function<void(result<enrolled>)> told = [this, &seed](const result<enrolled>& given) {
    next_try_ = seed.time.now() + pause;
    if (given && !is_in())
      enter(*given);
  };
  seed.node().ask<enrolled>(seed.node().actors().registrar.get(), enrol{std::move(who), nonce}, patience, told);
}

void sim_joiner::enter(const enrolled& given) {
  auto records = newcomer_.records();
  save_membership(records, newcomer_.self.node_id, key_, {given.authority_pem, given.certificate_pem, given.lead}).value();
  if (!keep_members(records, given.members))
    throw std::runtime_error("the disk of " + newcomer_.name() + " refuses");
  newcomer_.start();
}

} // namespace troupe
