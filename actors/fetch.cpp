#include "actors/fetch.hpp"

#include "actors/errors.hpp"
#include "runtime/base/rng.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

bool may_be_asked(const node_info& node) {
  return !node.is_self && (node.state == "alive" || node.state == "draining");
}

/// It may come back with the artifact.
bool is_away(const node_info& node) {
  return !node.is_self && (node.state == "suspect" || node.state == "dead");
}

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

fetch_state::behavior_type fetch_state::begin(fetch_options options) {
  options_.emplace(std::move(options));
  since_ = options_->node.time.now();
  return doing("idle");
}

/// What it does differs by state only in name: what it does not wait for any more is stale by its attempt.
fetch_state::behavior_type fetch_state::doing(const char* what) {
  return {
      [this, what](get_status) { return status(what); },
      [](await_ready) { return ready{}; },
      [this](bring) { return on_bring(); },
      [this](look_at_source) { on_look(); },
      [](run_here& here) { here.task(); },
  };
}

// -- what is asked and what happens -------------------------------------------------------------------------------------------------

caf::result<done> fetch_state::on_bring() {
  self_->become(doing("looking"));
  answer_ = self_->make_response_promise<done>();
  auto answer = answer_;
  self_->request(options_->node.actors.membership.get(), options_->node.timing.patience, list_nodes{})
      .then([this](const node_list& all) { on_nodes(all); }, [this](const caf::error& reason) { fail(to_error(reason)); });
  return answer;
}

void fetch_state::on_nodes(const node_list& all) {
  left_ = order_of(all);
  for (const auto& node : all.nodes)
    if (is_away(node))
      away_.push_back(node.name + " is " + node.state);
  self_->delayed_send(self_, look_interval, look_at_source{});
  ask_next();
}

void fetch_state::on_size(const artifact_piece& about) {
  if (!ticket_) {
    total_bytes_ = about.total_bytes;
    return reserve();
  }
  if (about.total_bytes != total_bytes_)
    return give_up({error_code::corrupt, "it has " + std::to_string(about.total_bytes) + " bytes of it, another node had "
                                             + std::to_string(total_bytes_)});
  window_->ask_anew();
  take();
}

void fetch_state::on_ticket(const upload_ticket& ticket) {
  if (ticket.id == 0)
    return finish(); // a client was faster
  ticket_ = ticket;
  bytes_ = ticket.offset;
  givers_.clear();
  if (bytes_ > 0)
    givers_.insert("");
  window_.emplace(bytes_, total_bytes_, piece_bytes, pieces_max);
  take();
}

void fetch_state::on_piece(const byte_range& asked, const artifact_piece& came) {
  if (!window_->take(asked, came.bytes))
    return give_up({error_code::corrupt, "it has fewer bytes of it than it said"});
  givers_.insert(now_.node_id);
  go_on();
}

void fetch_state::on_written(std::uint64_t bytes) {
  bytes_ += bytes;
  window_->on_written();
  self_->send(options_->parent, fetch_progress{options_->sha256, bytes_, total_bytes_});
  if (gives_)
    go_on();
}

void fetch_state::on_other_hash(const error& why) {
  bool alone = givers_ == std::set<std::string>{now_.node_id};
  emit(severity::error, "artifact_fetched_damaged",
       {{"reason", why.message}, {"next", alone ? "another node" : "from the start"}});
  ticket_.reset();
  window_.reset();
  if (alone)
    return give_up({error_code::corrupt, "its copy is damaged"});
  left_.push_front(now_); // any of those who gave a part of it may be at fault
  gives_ = false;
  ask_next();
}

void fetch_state::on_look() {
  if (open_ > 0 && !options_->node.network->peers.find(now_.node_id)->usable())
    give_up({error_code::unavailable, "it does not answer any more"});
  self_->delayed_send(self_, look_interval, look_at_source{});
}

// -- what is done -----------------------------------------------------------------------------------------------------------------

void fetch_state::ask_next() {
  if (left_.empty())
    return fail(nobody());
  self_->become(doing("asking"));
  now_ = left_.front();
  left_.pop_front();
  ask({0, 0}, [this](const artifact_piece& about) { on_size(about); });
}

void fetch_state::reserve() {
  self_->become(doing("reserving"));
  const auto& node = options_->node;
  self_->request(node.actors.keeper.get(), node.timing.keeper_patience, begin_upload{options_->sha256, total_bytes_, true})
      .then([this](const upload_ticket& ticket) { on_ticket(ticket); },
            [this](const caf::error& reason) { fail(to_error(reason)); });
}

void fetch_state::take() {
  self_->become(doing("taking"));
  gives_ = true;
  go_on();
}

void fetch_state::go_on() {
  while (auto bytes = window_->pop())
    write(std::move(*bytes));
  while (auto range = window_->next())
    ask(*range, [this, asked = *range](const artifact_piece& came) { on_piece(asked, came); });
  if (window_->complete())
    verify();
}

void fetch_state::write(piece_window::piece bytes) {
  const auto& node = options_->node;
  auto size = bytes->size();
  self_->request(node.actors.keeper.get(), node.timing.keeper_patience, upload_chunk{ticket_->id, std::move(bytes)})
      .then([this, size](done) { on_written(size); }, [this](const caf::error& reason) { fail(to_error(reason)); });
}

void fetch_state::verify() {
  self_->become(doing("verifying"));
  const auto& node = options_->node;
  self_->request(node.actors.keeper.get(), node.timing.keeper_patience, finish_upload{ticket_->id})
      .then([this](done) { finish(); },
            [this](const caf::error& reason) {
              auto why = to_error(reason);
              why.code == error_code::corrupt ? on_other_hash(why) : fail(why);
            });
}

void fetch_state::give_up(const error& why) {
  if (why.code != error_code::not_found)
    away_.push_back(now_.node_name + ": " + why.message);
  ++attempt_;
  open_ = 0;
  gives_ = false;
  ask_next();
}

template <class Told>
void fetch_state::ask(byte_range range, Told told) {
  ++open_;
  const auto& node = options_->node;
  ask_then(self_, *node.network, {now_.node_id, now_.address}, read_artifact{options_->sha256, range.offset, range.bytes},
           node.timing.keeper_patience, [this, told, attempt = attempt_](result<peer_answer> outcome) {
             if (attempt != attempt_)
               return;
             --open_;
             auto piece = answer_in<artifact_piece>(std::move(outcome));
             piece ? told(*piece) : give_up(piece.failure());
           });
}

// -- the end ----------------------------------------------------------------------------------------------------------------------

void fetch_state::finish() {
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(options_->node.time.now() - since_);
  emit(severity::info, "artifact_fetched", {{"bytes", std::to_string(total_bytes_)}, {"after_ms", std::to_string(took.count())}});
  answer_.deliver(done{});
  self_->quit();
}

void fetch_state::fail(const error& why) {
  answer_.deliver(make_error(why.code, why.message));
  self_->quit();
}

void fetch_state::emit(severity level, const char* event_name, std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {{"artifact", options_->sha256}, {"node", now_.node_name}});
  options_->node.events.emit({options_->node.time.wall_now(), level, event_name, std::move(fields), "fetcher"});
}

// -- what is seen -----------------------------------------------------------------------------------------------------------------

/// The hint, the leader, and then the others by chance, so that not all take from one.
std::deque<fetch_state::source> fetch_state::order_of(const node_list& all) {
  std::deque<source> others;
  std::deque<source> first;
  rng random(options_->node.seeds.next());
  for (const auto& node : all.nodes) {
    source each{node.node_id, node.name, node.address};
    if (!may_be_asked(node))
      continue;
    if (node.node_id == options_->hint)
      first.push_front(each);
    else if (node.node_id == all.lead.leader_id)
      first.push_back(each);
    else
      others.insert(others.begin() + static_cast<std::ptrdiff_t>(random.below(others.size() + 1)), each);
  }
  first.insert(first.end(), others.begin(), others.end());
  return first;
}

error fetch_state::nobody() const {
  auto digits = options_->sha256.substr(0, 12);
  if (away_.empty())
    return {error_code::not_found, "no node of the cluster has artifact " + digits + "…; upload it first"};
  std::string reasons;
  for (const auto& each : away_)
    reasons += (reasons.empty() ? "" : "; ") + each;
  return {error_code::unavailable,
          "no node gives artifact " + digits + "… just now (" + reasons + "); retry, or upload it again"};
}

actor_status fetch_state::status(const char* state) const {
  actor_status own;
  own.name = options_->sha256.substr(0, 12);
  own.kind = "fetch";
  own.state = state;
  own.since = since_;
  own.detail = human_size(bytes_) + " of " + human_size(total_bytes_) + (now_.node_id.empty() ? "" : " from " + now_.node_name);
  return own;
}

fetch_state::behavior_type fetch(fetch_state::self_pointer self, fetch_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
