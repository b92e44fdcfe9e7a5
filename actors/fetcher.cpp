#include "actors/fetcher.hpp"

#include "actors/fetch.hpp"
#include "runtime/base/sha256.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace troupe {

namespace {

/// A fetch fails by itself once no node has more of its artifact to give.
constexpr std::chrono::minutes fetch_patience{7 * 24 * 60};

/// The answers of several fetches on their way into one status.
struct status_in_progress {
  actor_status own;
  caf::typed_response_promise<actor_status> answer;
  std::size_t open = 1;

  void one_done() {
    if (--open == 0)
      answer.deliver(std::move(own));
  }
};

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

fetcher_state::behavior_type fetcher_state::begin(const actor_environment& node) {
  node_ = &node;
  since_ = node.time.now();
  return {
      [this](get_status ask) { return status(ask.patience); },
      [](await_ready) { return ready{}; },
      [this](const fetch_artifact& ask) { return on_fetch(ask); },
      [this](const fetch_progress& progress) { on_progress(progress); },
  };
}

// -- what is asked and what happens -------------------------------------------------------------------------------------------------

caf::result<done> fetcher_state::on_fetch(const fetch_artifact& ask) {
  if (node_->network == nullptr || !is_sha256(ask.sha256)) // nobody else could have it
    return self_->delegate(node_->actors.keeper.get(), find_artifact{ask.sha256});
  auto answer = self_->make_response_promise<done>();
  self_->request(node_->actors.keeper.get(), node_->timing.keeper_patience, find_artifact{ask.sha256})
      .then([answer](done) mutable { answer.deliver(done{}); },
            [this, ask, answer](const caf::error& reason) mutable {
              if (to_error(reason).code == error_code::not_found)
                join(ask, {answer, ask.from});
              else
                answer.deliver(reason);
            });
  return answer;
}

void fetcher_state::on_progress(const fetch_progress& progress) {
  auto found = jobs_.find(progress.sha256);
  if (found == jobs_.end())
    return;
  for (const auto& each : found->second.askers)
    if (each.listens)
      self_->send(each.listens, progress);
}

void fetcher_state::on_ended(const std::string& sha256, const caf::error& failure) {
  auto ended = jobs_.extract(sha256);
  for (auto& each : ended.mapped().askers)
    failure ? each.answer.deliver(failure) : each.answer.deliver(done{});
  start_waiting();
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

void fetcher_state::join(const fetch_artifact& ask, asker who) {
  auto found = jobs_.find(ask.sha256);
  if (found == jobs_.end() ? jobs_.size() >= fetches_limit : found->second.askers.size() >= askers_max) {
    who.answer.deliver(make_error(error_code::overloaded, "too many artifacts are asked of other nodes; retry later"));
    return;
  }
  auto& wanted = jobs_[ask.sha256];
  auto& askers = wanted.askers;
  if (who.listens) // it asks again
    askers.erase(std::remove_if(askers.begin(), askers.end(), [&who](const asker& each) { return each.listens == who.listens; }),
                 askers.end());
  askers.push_back(std::move(who));
  if (found != jobs_.end())
    return;
  wanted.hint = ask.hint;
  waiting_.push_back(ask.sha256);
  start_waiting();
}

void fetcher_state::start_waiting() {
  while (!waiting_.empty() && jobs_.size() - waiting_.size() < node_->fetches_max) {
    auto next = waiting_.front();
    waiting_.pop_front();
    start(next, jobs_[next]);
  }
}

void fetcher_state::start(const std::string& sha256, job& next) {
  fetch_options options{*node_, sha256, next.hint, caf::actor_cast<fetch_listener>(self_)};
  auto fetching = self_->spawn<caf::linked>(fetch, std::move(options));
  next.fetch = fetching;
  self_->request(fetching, fetch_patience, bring{})
      .then([this, sha256](done) { on_ended(sha256, {}); },
            [this, sha256, fetching](const caf::error& reason) {
              self_->unlink_from(fetching);
              caf::anon_send_exit(fetching, caf::exit_reason::kill); // it may be at it yet
              on_ended(sha256, reason);
            });
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

caf::result<actor_status> fetcher_state::status(std::chrono::nanoseconds patience) {
  auto inner = patience * 3 / 4;
  auto progress = std::make_shared<status_in_progress>();
  progress->own.kind = "fetcher";
  progress->own.state = "fetching";
  progress->own.since = since_;
  progress->own.detail =
      std::to_string(jobs_.size() - waiting_.size()) + " on their way, " + std::to_string(waiting_.size()) + " wait";
  progress->answer = self_->make_response_promise<actor_status>();
  for (const auto& [hash, each] : jobs_) {
    if (!each.fetch)
      continue;
    ++progress->open;
    self_->request(each.fetch, inner, get_status{inner})
        .then(
            [progress](actor_status& below) {
              progress->own.children.push_back(std::move(below));
              progress->one_done();
            },
            [progress](const caf::error&) { progress->one_done(); });
  }
  auto answer = progress->answer;
  progress->one_done();
  return answer;
}

fetcher_state::behavior_type fetcher(fetcher_state::self_pointer self, const actor_environment& node) {
  return self->state.begin(node);
}

} // namespace troupe
