#pragma once

#include "actors/transport.hpp"

#include <vector>

namespace troupe::samples {

/// Questions and answers between nodes in which every field is set, each to another value.

inline const std::string sha_a(64, 'a');
inline const std::string sha_b(64, 'b');

inline leadership leads() {
  return {7, "n1", std::string("\0signed\xff", 8)};
}

inline check_spec look() {
  check_spec check;
  check.kind = check_kind::disagreement;
  check.by = output_look::top_class;
  check.output = "scores";
  check.within = 0.25;
  return check;
}

inline assignment orders() {
  pool_order pool{{"digits", 3}, 45, sha_a, sha_b, "max_batch = 4\n", 5, true, true, true};
  split_order split{9, 3,        50,   20,    {split_key_kind::header, "x-user"}, always_rule{"anna", "x-canary", "yes"},
                    4, {look()}, true, {1, 4}};
  route_order route{"faces",
                    {error_code::unavailable, "version 2 is on its way up"},
                    {2, "max_batch = 8\n", {{"n1", 6}, {"n2", 8}}},
                    route_arm{3, "max_batch = 9\n", {{"n3", 1}}},
                    split,
                    {{4, "max_batch = 4\n", {{"n4", 2}}}}};
  auto at = [](int number) { return wall_time(std::chrono::nanoseconds(number)); };
  return {leads(), 11, {pool}, {route}, {{"client:anna", at(65), at(66)}}};
}

inline pool_status status() {
  pool_status status;
  status.id = {"digits", 3};
  status.counters.requests = 101;
  status.counters.failures = 102;
  status.counters.batches = 103;
  status.counters.queued_rows = 104;
  status.counters.queued_requests = 105;
  status.counters.runners = 106;
  status.replicas = {{9, replica_phase::serving, 4242, wall_time(std::chrono::nanoseconds(12)), 13, {}, "n2"}};
  return status;
}

/// With figures from `first` on.
inline arm_counters arm(std::uint64_t first) {
  arm_counters seen;
  seen.answers = {{{first, first + 1}, {0, first + 2, 0, first + 3}}};
  seen.rewards = {first + 4, 5.5, 4.5};
  seen.failed_as[static_cast<std::size_t>(error_code::overloaded)] = 2;
  seen.latency.record(first);
  seen.errors = {2, first + 5};
  return seen;
}

inline node_report report() {
  pool_report pool;
  pool.phase = pool_phase::failed;
  pool.why = {error_code::model_failed, "out of memory"};
  pool.wanted = 14;
  pool.fingerprint = 46;
  pool.loaded = true;
  pool.started = true;
  pool.complete = true;
  pool.status = status();
  pool.memory_bytes = 15;
  auto& work = pool.did.emplace();
  for (std::size_t i = 1; i < work_kind_count; ++i) // index 0 would stand for a field that was forgotten
    work.counts[i] = 200 + i;
  watch_counters seen;
  seen.candidate = arm(80);
  seen.incumbent = arm(100);
  seen.copies = 88;
  seen.shed = 89;
  seen.others = {arm(120), arm(140)};
  return {"n2", 16, 17, 18, {pool}, {{"digits", 50, 51}}, {{"digits", 90, std::make_shared<watch_counters>(seen)}}};
}

inline version_record version() {
  version_record record;
  record.id = {"digits", 3};
  record.artifact_sha256 = sha_a;
  record.model_toml = "max_batch = 4\n";
  record.created = wall_time(std::chrono::nanoseconds(19));
  record.state = version_state::rolled_back;
  record.reason = "a person went back";
  record.golden_sha256 = sha_b;
  record.created_by = "anna@laptop";
  record.rollout_toml = "strategy = \"canary\"\n";
  record.moves = {{version_state::live, wall_time(std::chrono::nanoseconds(20)), "anna", "stage 2 began"}};
  return record;
}

inline deployment_list deployments() {
  deployment_record record;
  record.name = "digits";
  record.wanted_replicas = 21;
  record.current_version = 22;
  record.target_version = 23;
  record.last_version = 24;
  record.created = wall_time(std::chrono::nanoseconds(25));
  record.previous_version = 26;
  record.bake_until = wall_time(std::chrono::nanoseconds(27));
  rollout_course course;
  course.stage = 60;
  course.since = wall_time(std::chrono::nanoseconds(61));
  course.held = std::chrono::nanoseconds(62);
  course.counted = wall_time(std::chrono::nanoseconds(63));
  course.paused = course.asking = true;
  course.outcome = course_outcome::rolled_back;
  course.reason = "worse";
  course.split_number = 64;
  course.splits_before = 66;
  course.winner = 79;
  record.course = course;
  using std::chrono::microseconds;
  rollout_status rollout{23,
                         22,
                         course,
                         78,
                         "samples",
                         {{check_judgement::worse, "p99", 65}},
                         {{66, 67, microseconds(68), microseconds(69), 74, 0.25, true},
                          {70, 71, microseconds(72), microseconds(73), 75, 0.5, true},
                          76,
                          77,
                          {{94, {95, 96, microseconds(97), microseconds(98), 99, 0.75, true}}}}};
  return {{{record, {{version(), true, true, true, status(), "no room"}}, rollout}}};
}

inline join_request joins() {
  join_request request;
  request.token_secret = std::string("\0secret", 7);
  request.node_id = std::string(32, 'c');
  request.name = "n3";
  request.address = "10.0.0.3:7551";
  request.public_key = "a key";
  request.labels = {{"zone", "a"}};
  request.clock = wall_time(std::chrono::nanoseconds(42));
  request.proof = "a proof";
  return request;
}

inline enrolled entry() {
  member_record member;
  member.node_id = std::string(32, 'd');
  member.name = "n4";
  member.address = "10.0.0.4:7551";
  member.public_key = "another key";
  member.labels = {{"zone", "b"}};
  member.joined = wall_time(std::chrono::nanoseconds(43));
  member.removed = true;
  member.removed_at = wall_time(std::chrono::nanoseconds(44));
  member.draining = true;
  return {"certificate", std::string(32, 'e'), "authority", leads(), {member}};
}

inline member_news news() {
  return {"n3",
          "three",
          "10.0.0.3:7551",
          {{"zone", "b"}},
          "0.2.0",
          50,
          member_state::suspect,
          true,
          {51, 0.5, 52, 53, 54, 55, 56, true}};
}

inline token_record token() {
  token_record token;
  token.secret_sha256 = sha_a;
  token.uses_left = 3;
  return token;
}

inline user_record user() {
  auto at = [](int number) { return wall_time(std::chrono::nanoseconds(number)); };
  return {cluster_role::admin, "anna", at(62), at(63), "0123", at(64)};
}

inline std::vector<peer_question> questions() {
  return {orders(),
          report(),
          read_artifact{sha_a, 28, 29},
          deploy{"digits", sha_a, "max_batch = 4\n", 30, sha_b, "anna@laptop", "strategy = \"canary\"\n"},
          scale{"digits", 31},
          undeploy{"digits"},
          await_version{"digits", 32},
          rollback{"digits", 33, 34, "anna@laptop"},
          steer_rollout{"digits", rollout_command::skip, "anna@laptop"},
          watch_version{"digits", 35, 36, true},
          validate_model{sha_a, "max_batch = 4\n", sha_b},
          list_deployments{"digits"},
          enrol{joins(), "a nonce"},
          enrol_user{{"secret", "anna", "a key"}},
          renew_certificate{"n2"},
          update_member{"n2", "10.0.0.2:7551", {{"zone", "a"}}, "node-2", "certificate"},
          probe{{}, {{news()}, 56, leads()}},
          ask_help{{}, 57, "n3"},
          exchange_members{{}, {news()}},
          create_token{cluster_role::admin, std::chrono::microseconds(58), 59, "anna"},
          list_tokens{},
          revoke_token{"0123"},
          remove_member{"n3"},
          set_draining{"n3", true},
          list_users{},
          revoke_user{"anna", "ben"}};
}

inline std::vector<result<peer_answer>> answers() {
  return {peer_answer(assignment_taken{leads(), true}),
          peer_answer(done{}),
          peer_answer(artifact_piece{37, std::make_shared<const std::string>("bytes")}),
          peer_answer(deployed{38}),
          peer_answer(version_progress{version()}),
          peer_answer(validation{std::chrono::microseconds(39), 40, std::chrono::microseconds(41)}),
          peer_answer(deployments()),
          peer_answer(entry()),
          peer_answer(user_enrolled{"certificate", std::string(32, 'e'), "authority", cluster_role::client}),
          peer_answer(certificate_issued{"certificate"}),
          peer_answer(probe_message{{news()}, 60, leads()}),
          peer_answer(help_answer{help_outcome::not_tried}),
          peer_answer(exchange_members{{}, {news()}}),
          peer_answer(token_made{"trp_x", "0123", wall_time(std::chrono::nanoseconds(61))}),
          peer_answer(token_list{{token()}}),
          peer_answer(user_list{{user()}}),
          error{error_code::conflict, "epoch 7 leads"}};
}

} // namespace troupe::samples
