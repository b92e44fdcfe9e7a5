#include "actors/registrar.hpp"

#include "cluster/certificates.hpp"
#include "cluster/join_token.hpp"
#include "cluster/member_check.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/units.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <tuple>

namespace troupe {

namespace {

constexpr std::size_t id_digits_min = 4;    // of an id, that a person may type instead of all
constexpr std::size_t shown_bytes_max = 64; // of what a stranger says it is, in an event

caf::error refusal(const error& why) {
  return make_error(why.code, why.message);
}

std::string shown(const std::string& text) {
  return printable(text.substr(0, shown_bytes_max));
}

bool begins_with(const std::string& text, const std::string& beginning) {
  return beginning.size() >= id_digits_min && text.compare(0, beginning.size(), beginning) == 0;
}

result<void> check_ask(const create_token& ask) {
  if (ask.lifetime <= std::chrono::nanoseconds(0) || ask.lifetime > registrar_state::token_lifetime_max)
    return error{error_code::invalid_argument, "a token holds for up to " + human_duration(registrar_state::token_lifetime_max)
                                                   + ", not " + human_duration(ask.lifetime)};
  if (ask.uses == 0 || ask.uses > registrar_state::token_uses_max)
    return error{error_code::invalid_argument, "a token is for 1 to " + std::to_string(registrar_state::token_uses_max)
                                                   + " uses, not " + std::to_string(ask.uses)};
  return {};
}

std::string too_short(const std::string& id) {
  return id.size() < id_digits_min ? ", of whose ids give 4 digits or more" : "";
}

/// The one that `fits`; the error `none` if there is none, `many` if there are more.
template <class Record, class Fits>
result<Record> the_only(const std::vector<Record>& all, Fits fits, const std::string& none, const std::string& many) {
  auto found = std::find_if(all.begin(), all.end(), fits);
  if (found == all.end())
    return error{error_code::not_found, none};
  if (std::find_if(std::next(found), all.end(), fits) != all.end())
    return error{error_code::invalid_argument, many};
  return *found;
}

std::string holder_of(const std::string& name, const std::string& node_id, const std::vector<member_record>& members) {
  auto found = std::find_if(members.begin(), members.end(), [&](const member_record& member) {
    return !member.removed && member.name == name && member.node_id != node_id;
  });
  return found == members.end() ? "" : found->node_id;
}

template <class Record>
std::vector<Record> ended_before(wall_time time, const std::vector<Record>& records) {
  std::vector<Record> found;
  std::copy_if(records.begin(), records.end(), std::back_inserter(found),
               [&](const Record& record) { return record.expires <= time; });
  return found;
}

/// From now on it lets nobody in.
void revoke(token_record& token, wall_time now) {
  token.revoked = true;
  token.expires = std::min(token.expires, now);
}

std::vector<member_record> without_removed(std::vector<member_record> members) {
  members.erase(std::remove_if(members.begin(), members.end(), [](const member_record& member) { return member.removed; }),
                members.end());
  return members;
}

} // namespace

// -- states -----------------------------------------------------------------------------------------------------------------------

registrar_actor::behavior_type registrar_state::begin(registrar_options options) {
  options_.emplace(std::move(options));
  since_ = refusals_since_ = options_->time.now();
  auto loaded = load_authority();
  if (!loaded) {
    why_not_ = loaded.failure();
    return refusing();
  }
  authority_.emplace(std::move(*loaded));
  if (auto users = options_->records.users(); users)
    tell_placer(std::move(*users)); // one that starts later asks
  return leading();
}

registrar_actor::behavior_type registrar_state::leading() {
  return {
      [this](get_status) { return status("leading"); },
      [](await_ready) { return ready{}; },
      [this](const create_token& ask) { return on_create(ask); },
      [this](list_tokens) { return on_list_tokens(); },
      [this](const revoke_token& ask) { return on_revoke(ask); },
      [this](list_users) { return on_list_users(); },
      [this](const revoke_user& ask) { return on_revoke_user(ask); },
      [this](const enrol& ask) { return on_enrol(ask); },
      [this](const enrol_user& ask) { return on_enrol_user(ask); },
      [this](const renew_certificate& ask) { return on_renew(ask); },
      [this](list_members) { return on_list_members(); },
      [this](const remove_member& ask) { return on_remove(ask); },
      [this](const set_draining& ask) { return on_drain(ask); },
      [this](const update_member& ask) { return on_update(ask); },
  };
}

registrar_actor::behavior_type registrar_state::refusing() {
  return {
      [this](get_status) { return status("refusing"); },
      [this](await_ready) -> caf::result<ready> { return refusal(why_not_); },
      [this](const create_token&) -> caf::result<token_made> { return refusal(why_not_); },
      [this](list_tokens) -> caf::result<token_list> { return refusal(why_not_); },
      [this](const revoke_token&) -> caf::result<done> { return refusal(why_not_); },
      [this](list_users) -> caf::result<user_list> { return refusal(why_not_); },
      [this](const revoke_user&) -> caf::result<done> { return refusal(why_not_); },
      [this](const enrol&) -> caf::result<enrolled> { return refusal(why_not_); },
      [this](const enrol_user&) -> caf::result<user_enrolled> { return refusal(why_not_); },
      [this](const renew_certificate&) -> caf::result<certificate_issued> { return refusal(why_not_); },
      [this](list_members) -> caf::result<member_list> { return refusal(why_not_); },
      [this](const remove_member&) -> caf::result<done> { return refusal(why_not_); },
      [this](const set_draining&) -> caf::result<done> { return refusal(why_not_); },
      [this](const update_member&) -> caf::result<done> { return refusal(why_not_); },
  };
}

result<authority> registrar_state::load_authority() {
  auto record = options_->records.cluster();
  if (!record)
    return record.failure();
  if (!*record)
    return error{error_code::failed_precondition, "this node belongs to no cluster"};
  auto& own = **record;
  wipe(own.node_key_pem);
  if (!leads(own, options_->node_id))
    return error{error_code::failed_precondition, "this node doesn't lead the cluster; ask node " + own.lead.leader_id};
  lead_ = own.lead;
  auto loaded = authority::load(own.authority_pem, own.authority_key_pem);
  wipe(own.authority_key_pem);
  return loaded;
}

// -- tokens -----------------------------------------------------------------------------------------------------------------------

caf::result<token_made> registrar_state::on_create(const create_token& ask) {
  if (auto good = check_ask(ask); !good)
    return refusal(good.failure());
  auto all = options_->records.tokens();
  if (!all)
    return refusal(all.failure());
  auto old = ended_before(options_->time.wall_now() - token_kept_for, *all);
  if (all->size() - old.size() >= tokens_max)
    return make_error(error_code::overloaded, "there are " + std::to_string(tokens_max)
                                                  + " tokens; wait until some have expired, or make one with more uses");
  auto made = make_join_token(authority_->cluster_id(), certificate_sha256(authority_->certificate_pem()).value());
  token_record record;
  record.secret_sha256 = sha256_of_secret(made.secret);
  record.role = ask.role;
  record.created = options_->time.wall_now();
  record.expires = record.created + ask.lifetime;
  record.uses_left = ask.uses;
  record.created_by = shown(ask.by);
  if (auto kept = write({{}, {}, {record}, std::move(old)}); !kept)
    return refusal(kept.failure());
  emit("token_created", {{"token", record.id()},
                         {"role", std::string(to_string(record.role))},
                         {"uses", std::to_string(record.uses_left)},
                         {"expires", utc_text(record.expires)},
                         {"by", record.created_by}});
  return token_made{to_text(made), record.id(), record.expires};
}

caf::result<token_list> registrar_state::on_list_tokens() {
  auto all = options_->records.tokens();
  if (!all)
    return refusal(all.failure());
  std::sort(all->begin(), all->end(), [](const token_record& a, const token_record& b) {
    return a.created != b.created ? a.created > b.created : a.id() < b.id();
  });
  return token_list{std::move(*all)};
}

caf::result<done> registrar_state::on_revoke(const revoke_token& ask) {
  auto all = options_->records.tokens();
  if (!all)
    return refusal(all.failure());
  auto whole = parse_join_token(ask.id);
  auto wanted = whole ? sha256_of_secret(whole->secret) : ask.id;
  auto found = the_only(
      *all, [&](const token_record& token) { return begins_with(token.secret_sha256, wanted); },
      "there is no such token; 'troupe token list' shows those that there are" + too_short(ask.id),
      "more than one token begins so; give more digits of its id");
  if (!found)
    return refusal(found.failure());
  auto id = found->id();
  revoke(*found, options_->time.wall_now());
  return written(write({{}, {}, {std::move(*found)}, {}}), "token_revoked", {{"token", id}});
}

// -- joining ----------------------------------------------------------------------------------------------------------------------

caf::result<enrolled> registrar_state::on_enrol(const enrol& ask) {
  auto members = options_->records.members();
  auto token = options_->records.token(sha256_of_secret(ask.who.token_secret));
  if (!members || !token)
    return refusal(members ? token.failure() : members.failure());
  join_view known{authority_->cluster_id(), ask.nonce, *token, {}, holder_of(ask.who.name, ask.who.node_id, *members), 0};
  for (const auto& member : *members) {
    known.members += member.removed ? 0 : 1;
    if (member.node_id == ask.who.node_id)
      known.member = member;
  }
  auto decision = decide_join(ask.who, known, options_->time.wall_now());
  if (const auto* why = std::get_if<join_refused>(&decision))
    return refused(*why, {{"node", shown(ask.who.node_id)}, {"name", shown(ask.who.name)}});
  return let_in(std::get<join_accepted>(decision), *members);
}

caf::result<enrolled> registrar_state::let_in(const join_accepted& decided, const std::vector<member_record>& members) {
  const auto& member = decided.member;
  auto certificate =
      authority_->issue_node(member.node_id, member.public_key, term(options_->node_certificate_lifetime), member.address);
  if (!certificate)
    return refusal(certificate.failure());
  cluster_change change{{}, {member}, {}, {}};
  if (decided.token)
    change.tokens.push_back(*decided.token);
  if (auto kept = write(change); !kept)
    return refusal(kept.failure());
  event_fields fields{{"node", member.node_id}, {"name", member.name}, {"address", member.address}};
  if (decided.token)
    fields.emplace_back("token", decided.token->id());
  emit(member.revision == 0 ? "node_joined" : "node_returned", std::move(fields));
  auto others = without_removed(members);
  others.erase(
      std::remove_if(others.begin(), others.end(), [&](const member_record& other) { return other.node_id == member.node_id; }),
      others.end());
  others.push_back(member);
  return enrolled{*certificate, authority_->cluster_id(), authority_->certificate_pem(), lead_, std::move(others)};
}

caf::result<certificate_issued> registrar_state::on_renew(const renew_certificate& ask) {
  auto member = need_member(ask.node_id);
  if (!member)
    return refusal(member.failure());
  auto certificate =
      authority_->issue_node(member->node_id, member->public_key, term(options_->node_certificate_lifetime), member->address);
  if (!certificate)
    return refusal(certificate.failure());
  return certificate_issued{std::move(*certificate)};
}

caf::error registrar_state::refused(const join_refused& why, event_fields who) {
  auto now = options_->time.now();
  if (now - refusals_since_ >= std::chrono::minutes(1)) {
    refusals_since_ = now;
    refusals_ = 0;
  }
  who.emplace_back("reason", std::string(to_string(why.reason)));
  if (++refusals_ <= refusals_told_max)
    emit("join_refused", std::move(who));
  return refusal(why.why);
}

// -- users ------------------------------------------------------------------------------------------------------------------------

caf::result<user_enrolled> registrar_state::on_enrol_user(const enrol_user& ask) {
  auto token = options_->records.token(sha256_of_secret(ask.who.token_secret));
  auto users = options_->records.users();
  if (!token || !users)
    return refusal(token ? users.failure() : token.failure());
  auto decision = decide_enrolment(ask.who, *token, options_->time.wall_now());
  if (const auto* why = std::get_if<join_refused>(&decision))
    return refused(*why, {{"user", shown(ask.who.name)}});
  const auto& decided = std::get<enrolment_accepted>(decision);
  auto user = with_certificate(ask.who, **token, *users);
  auto old = ended_before(options_->time.wall_now() - user_kept_for, *users);
  if (user.revision == 0 && users->size() - old.size() >= users_max)
    return make_error(error_code::overloaded,
                      "the cluster has " + std::to_string(users_max) + " users; others can log in once certificates have ended");
  auto certificate =
      authority_->issue_user(user.name, user.role, ask.who.public_key, {user.given, options_->user_certificate_lifetime});
  if (!certificate)
    return refusal(certificate.failure());
  cluster_change change;
  if (decided.token)
    change.tokens.push_back(*decided.token);
  change.users.push_back(std::move(user));
  change.erased_users = std::move(old);
  if (auto kept = write(change); !kept)
    return refusal(kept.failure());
  emit("user_enrolled", {{"user", ask.who.name}, {"role", std::string(to_string(decided.role))}, {"token", (*token)->id()}});
  return user_enrolled{*certificate, authority_->cluster_id(), authority_->certificate_pem(), decided.role};
}

/// Certificates tell whole seconds: it is given in a later one than what was revoked.
user_record registrar_state::with_certificate(const user_request& who, const token_record& by,
                                              std::vector<user_record>& known) const {
  auto before = std::find_if(known.begin(), known.end(),
                             [&](const user_record& each) { return each.role == by.role && each.name == who.name; });
  user_record user;
  if (before != known.end()) {
    user = std::move(*before);
    known.erase(before);
  }
  user.role = by.role;
  user.name = who.name;
  user.given = std::max(options_->time.wall_now(), user.revoked + std::chrono::seconds(1));
  user.expires = user.given + options_->user_certificate_lifetime;
  user.token_id = by.id();
  return user;
}

caf::result<user_list> registrar_state::on_list_users() {
  auto all = options_->records.users();
  if (!all)
    return refusal(all.failure());
  std::sort(all->begin(), all->end(),
            [](const user_record& a, const user_record& b) { return std::tie(a.name, a.role) < std::tie(b.name, b.role); });
  return user_list{std::move(*all)};
}

/// With him go the tokens by which he came: he knows their secrets.
caf::result<done> registrar_state::on_revoke_user(const revoke_user& ask) {
  auto users = options_->records.users();
  auto tokens = options_->records.tokens();
  if (!users || !tokens)
    return refusal(users ? tokens.failure() : users.failure());
  auto now = options_->time.wall_now();
  cluster_change change;
  for (auto& user : *users) {
    if (user.name != ask.name)
      continue;
    user.revoked = std::max(now, user.given);
    change.users.push_back(user);
  }
  if (change.users.empty())
    return make_error(error_code::not_found,
                      "no user is named '" + shown(ask.name) + "'; 'troupe user list' shows those that there are");
  for (auto& token : *tokens) {
    auto is_his = [&](const token_use& use) { return use.who == ask.name; };
    if (token.role == cluster_role::node || token.revoked || std::none_of(token.used_by.begin(), token.used_by.end(), is_his))
      continue;
    revoke(token, now);
    change.tokens.push_back(token);
  }
  auto outcome = write(change);
  if (outcome)
    tell_placer(std::move(*users));
  return written(outcome, "user_revoked", {{"user", ask.name}, {"by", shown(ask.by)}});
}

void registrar_state::tell_placer(std::vector<user_record> users) {
  if (options_->actors != nullptr)
    caf::anon_send(options_->actors->placer.get(), user_list{std::move(users)});
}

// -- members ----------------------------------------------------------------------------------------------------------------------

caf::result<member_list> registrar_state::on_list_members() {
  auto all = options_->records.members();
  if (!all)
    return refusal(all.failure());
  auto members = without_removed(std::move(*all));
  std::sort(members.begin(), members.end(), [](const member_record& a, const member_record& b) { return a.name < b.name; });
  return member_list{std::move(members)};
}

caf::result<done> registrar_state::on_remove(const remove_member& ask) {
  auto member = find_member(ask.node);
  if (!member)
    return refusal(member.failure());
  if (member->node_id == options_->node_id)
    return make_error(error_code::failed_precondition,
                      "node " + member->name
                          + " leads the cluster, and can't be removed from it: back it up, stop it, and let another "
                            "node lead with `troupe restore DIR --lead`");
  event_fields fields{{"node", member->node_id}, {"name", member->name}};
  member->removed = true;
  member->removed_at = options_->time.wall_now();
  return written(write({{}, {std::move(*member)}, {}, {}}), "node_removed", std::move(fields));
}

caf::result<done> registrar_state::on_drain(const set_draining& ask) {
  auto member = find_member(ask.node);
  if (!member)
    return refusal(member.failure());
  if (member->draining == ask.draining)
    return done{};
  event_fields fields{{"node", member->node_id}, {"name", member->name}};
  member->draining = ask.draining;
  return written(write({{}, {std::move(*member)}, {}, {}}), ask.draining ? "node_drain_begun" : "node_drain_ended",
                 std::move(fields));
}

caf::result<done> registrar_state::on_update(const update_member& ask) {
  for (const auto& good : {check_node_address(ask.address), check_labels(ask.labels)})
    if (!good)
      return refusal(good.failure());
  auto known = options_->records.member(ask.node_id);
  if (known && !*known && !ask.certificate_pem.empty())
    return take_in_again(ask);
  auto member = need_member(ask.node_id);
  if (!member)
    return refusal(member.failure());
  bool renamed = !ask.name.empty() && ask.name != member->name;
  if (member->address == ask.address && member->labels == ask.labels && !renamed)
    return done{};
  auto free = renamed ? check_new_name(ask) : result<void>();
  renamed = renamed && free;
  if (!free && member->address == ask.address && member->labels == ask.labels)
    return refusal(free.failure());
  event_fields fields{{"node", member->node_id}, {"name", renamed ? ask.name : member->name}, {"address", ask.address}};
  if (renamed) {
    fields.emplace_back("name_before", member->name);
    member->name = ask.name;
  }
  member->address = ask.address;
  member->labels = ask.labels;
  auto updated = written(write({{}, {std::move(*member)}, {}, {}}), "node_updated", std::move(fields));
  if (!free) // the rest is taken over
    return refusal(free.failure());
  return updated;
}

/// The state is from a backup that was made before the node joined: its certificate says that the cluster let it in.
caf::result<done> registrar_state::take_in_again(const update_member& ask) {
  auto facts = facts_of(ask.certificate_pem);
  if (!facts || facts->common_name != ask.node_id || facts->organization != to_string(cluster_role::node)
      || !is_issued_by(ask.certificate_pem, authority_->certificate_pem()))
    return make_error(error_code::permission_denied, "node " + shown(ask.node_id) + " shows no certificate of this cluster");
  if (auto free = check_new_name(ask); !free)
    return refusal(free.failure());
  member_record member;
  member.node_id = ask.node_id;
  member.name = ask.name;
  member.address = ask.address;
  member.public_key = facts->public_key;
  member.labels = ask.labels;
  member.joined = options_->time.wall_now();
  event_fields fields{{"node", ask.node_id}, {"name", ask.name}, {"address", ask.address}};
  return written(write({{}, {std::move(member)}, {}, {}}), "node_taken_in_again", std::move(fields));
}

result<void> registrar_state::check_new_name(const update_member& ask) const {
  auto members = options_->records.members();
  if (auto good = check_node_name(ask.name); !good || !members)
    return good ? members.failure() : good.failure();
  if (!holder_of(ask.name, ask.node_id, *members).empty())
    return error{error_code::already_exists,
                 "another node is named '" + ask.name + "' too; start one of them with another --name"};
  return {};
}

result<member_record> registrar_state::find_member(const std::string& node) const {
  auto all = options_->records.members();
  if (!all)
    return all.failure();
  auto members = without_removed(std::move(*all));
  auto named = std::find_if(members.begin(), members.end(), [&](const member_record& member) { return member.name == node; });
  if (named != members.end())
    return *named;
  return the_only(
      members, [&](const member_record& member) { return begins_with(member.node_id, node); },
      "the cluster has no node '" + shown(node) + "'; 'troupe nodes' lists those that it has" + too_short(node),
      "more than one node's id begins with '" + shown(node) + "'; give more of its digits, or its name");
}

result<member_record> registrar_state::need_member(const std::string& node_id) const {
  auto member = options_->records.member(node_id);
  if (!member)
    return member.failure();
  if (!*member || (*member)->removed)
    return error{error_code::permission_denied,
                 "node " + shown(node_id) + " is no member of the cluster any more; join again with a token"};
  return **member;
}

// -- all of them ------------------------------------------------------------------------------------------------------------------

result<void> registrar_state::write(const cluster_change& change) {
  auto revision = options_->records.commit(change);
  if (!revision)
    return revision.failure();
  if (options_->actors != nullptr)
    for (const auto& member : change.members)
      caf::anon_send(options_->actors->membership.get(), member_changed{member});
  return {};
}

caf::result<done> registrar_state::written(const result<void>& outcome, const char* event_name, event_fields fields) {
  if (!outcome)
    return refusal(outcome.failure());
  emit(event_name, std::move(fields));
  return done{};
}

void registrar_state::emit(const char* event_name, event_fields fields) {
  options_->events.emit({options_->time.wall_now(), severity::info, event_name, std::move(fields), "registrar"});
}

actor_status registrar_state::status(const char* state) const {
  actor_status own;
  own.kind = "registrar";
  own.state = state;
  own.since = since_;
  own.detail = authority_ ? "epoch " + std::to_string(lead_.epoch) : why_not_.message;
  return own;
}

registrar_actor::behavior_type registrar(registrar_state::self_pointer self, registrar_options options) {
  return self->state.begin(std::move(options));
}

} // namespace troupe
