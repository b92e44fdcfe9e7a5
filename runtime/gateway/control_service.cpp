#include "runtime/gateway/control_service.hpp"

#include "runtime/gateway/cluster_writer.hpp"
#include "runtime/gateway/control_answer.hpp"
#include "runtime/gateway/status_writer.hpp"
#include "runtime/gateway/upload_service.hpp"
#include "runtime/policy/request_check.hpp"
#include "storage/record_schema.hpp"

#include <kj/debug.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// `awaitReady` and `progress` without a time-out of their own wait so long.
constexpr auto await_patience = 300s;
/// A backup copies everything: as long as the slowest disk and the largest models take.
constexpr auto backup_patience = 6h;
/// To learn what this node knows of its cluster: it asks nobody else.
constexpr auto glance_patience = 2s;
constexpr std::uint32_t events_max = 10000;

/// What a caller wants to wait for something that takes its time.
std::chrono::milliseconds patience_of(std::uint64_t asked_us) {
  auto asked = std::chrono::microseconds(std::min<std::uint64_t>(asked_us, std::chrono::microseconds(24h).count()));
  return asked.count() == 0 ? std::chrono::milliseconds(await_patience)
                            : std::max(std::chrono::duration_cast<std::chrono::milliseconds>(asked), 1ms);
}

result<rollout_command> rollout_command_from(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, rollout_command>, 5> known = {{{"pause", rollout_command::pause},
                                                                                  {"resume", rollout_command::resume},
                                                                                  {"promote", rollout_command::promote},
                                                                                  {"abort", rollout_command::abort},
                                                                                  {"skip", rollout_command::skip}}};
  for (const auto& [text, command] : known)
    if (name == text)
      return command;
  return error{error_code::invalid_argument,
               "a rollout can be told to pause, resume, promote, abort or skip, not '" + quotable(name) + "'"};
}

} // namespace

kj::Promise<void> control_service::upload(UploadContext call) {
  auto params = call.getParams();
  auto bytes = params.getBytes();
  if (bytes > context_.options.artifact_bytes_max) {
    write_error(call.getResults().initError(),
                {error_code::invalid_argument, "the artifact has " + std::to_string(bytes) + " bytes, this node takes at most "
                                                   + std::to_string(context_.options.artifact_bytes_max)
                                                   + " (artifact_bytes_max)"});
    return kj::READY_NOW;
  }
  auto keeper = context_.node.actors.keeper.get();
  return context_.actors.ask<upload_ticket>(keeper, begin_upload{text(params.getSha256()), bytes}, control_patience)
      .then([this, call, keeper](result<upload_ticket> ticket) mutable {
        if (answered_error(call, ticket))
          return;
        auto results = call.getResults();
        results.setPresent(ticket->id == 0);
        if (ticket->id != 0)
          results.setUpload(kj::heap<upload_service>(context_, keeper, std::move(*ticket)));
      });
}

kj::Promise<void> control_service::deploy(DeployContext call) {
  auto params = call.getParams();
  if (context_.node.drain.closed()) {
    write_error(call.getResults().initError(),
                {error_code::failed_precondition, "the node is shutting down; deploy again once it is back"});
    return kj::READY_NOW;
  }
  troupe::deploy question{text(params.getName()),       text(params.getArtifact()), text(params.getModelToml()),
                          params.getReplicas(),         text(params.getGolden()),   client_,
                          text(params.getRolloutToml())};
  return context_.actors.ask<deployed>(context_.node.actors.catalog.get(), std::move(question), files_patience)
      .then([call](result<deployed> outcome) mutable {
        if (!answered_error(call, outcome))
          call.getResults().setVersion(outcome->version);
      });
}

kj::Promise<void> control_service::scale(ScaleContext call) {
  auto params = call.getParams();
  troupe::scale question{text(params.getName()), params.getReplicas()};
  return context_.actors.ask<done>(context_.node.actors.catalog.get(), std::move(question), control_patience)
      .then([call](result<done> outcome) mutable { answered_error(call, outcome); });
}

kj::Promise<void> control_service::undeploy(UndeployContext call) {
  troupe::undeploy question{text(call.getParams().getName())};
  return context_.actors.ask<done>(context_.node.actors.catalog.get(), std::move(question), control_patience)
      .then([call](result<done> outcome) mutable { answered_error(call, outcome); });
}

kj::Promise<void> control_service::status(StatusContext call) {
  const auto& actors = context_.node.actors;
  auto place = context_.actors.ask<node_list>(actors.membership.get(), list_nodes{}, glance_patience);
  list_deployments question{text(call.getParams().getName())};
  auto deployments = context_.actors.ask<deployment_list>(actors.catalog.get(), std::move(question), control_patience);
  return place
      .then([this, call, deployments = kj::mv(deployments)](result<node_list> cluster) mutable {
        auto node = call.getResults().initNode();
        write_node(node, context_.node);
        if (cluster)
          write_place(node, *cluster);
        return kj::mv(deployments);
      })
      .then([call](result<deployment_list> outcome) mutable {
        if (answered_error(call, outcome))
          return;
        if (outcome->age.count() > 0)
          write_age(call.getResults().getNode(), *outcome);
        write_deployments(call.getResults(), *outcome);
      });
}

kj::Promise<void> control_service::tree(TreeContext call) {
  return context_.actors.ask<actor_status>(context_.node.actors.root.get(), get_status{}, control_patience)
      .then([this, call](result<actor_status> outcome) mutable {
        KJ_REQUIRE(outcome.ok(), "the root supervisor does not answer");
        write_tree(call.getResults().initRoot(), *outcome, context_.node.time.now());
      });
}

kj::Promise<void> control_service::events(EventsContext call) {
  auto params = call.getParams();
  query_events question{text(params.getName()), std::min(params.getLimit(), events_max),
                        wall_time(std::chrono::nanoseconds(params.getSinceUnixNs())), params.getAfter()};
  return context_.actors.ask<event_list>(context_.node.actors.journal.get(), std::move(question), control_patience)
      .then([call](result<event_list> outcome) mutable {
        if (!answered_error(call, outcome))
          write_events(call.getResults(), *outcome);
      });
}

kj::Promise<void> control_service::awaitReady(AwaitReadyContext call) {
  auto params = call.getParams();
  auto patience = patience_of(params.getTimeoutUs());
  await_version question{text(params.getName()), params.getVersion()};
  return context_.actors.ask<done>(context_.node.actors.catalog.get(), std::move(question), patience)
      .then([call](result<done> outcome) mutable {
        if (!outcome && outcome.failure().code == error_code::deadline_exceeded)
          outcome = error{error_code::deadline_exceeded, "it is still being prepared; `troupe status` shows how far it is"};
        answered_error(call, outcome);
      });
}

kj::Promise<void> control_service::rollback(RollbackContext call) {
  auto params = call.getParams();
  troupe::rollback question{text(params.getName()), params.getTo(), params.getFrom(), client_};
  return context_.actors.ask<deployed>(context_.node.actors.catalog.get(), std::move(question), control_patience)
      .then([call](result<deployed> outcome) mutable {
        if (!answered_error(call, outcome))
          call.getResults().setVersion(outcome->version);
      });
}

kj::Promise<void> control_service::steerRollout(SteerRolloutContext call) {
  auto params = call.getParams();
  auto what = rollout_command_from(text(params.getWhat()));
  if (!what) {
    write_error(call.getResults().initError(), what.failure());
    return kj::READY_NOW;
  }
  steer_rollout question{text(params.getName()), *what, client_};
  return context_.actors.ask<done>(context_.node.actors.catalog.get(), std::move(question), control_patience)
      .then([call](result<done> outcome) mutable { answered_error(call, outcome); });
}

kj::Promise<void> control_service::progress(ProgressContext call) {
  auto params = call.getParams();
  watch_version question{text(params.getName()), params.getVersion(), params.getSeen()};
  auto catalog = context_.node.actors.catalog.get();
  auto patience = patience_of(params.getTimeoutUs());
  return context_.actors.ask<version_progress>(catalog, question, patience)
      .then([this, catalog, question](result<version_progress> outcome) mutable -> kj::Promise<result<version_progress>> {
        if (outcome || outcome.failure().code != error_code::deadline_exceeded)
          return outcome;
        question.at_once = true;
        return context_.actors.ask<version_progress>(catalog, question, control_patience);
      })
      .then([call](result<version_progress> outcome) mutable {
        if (!answered_error(call, outcome))
          write_progress(call.getResults(), outcome->record);
      });
}

kj::Promise<void> control_service::validate(ValidateContext call) {
  auto params = call.getParams();
  validate_model question{text(params.getArtifact()), text(params.getModelToml()), text(params.getGolden())};
  return context_.actors.ask<validation>(context_.node.actors.catalog.get(), std::move(question), await_patience)
      .then([call](result<validation> outcome) mutable {
        if (answered_error(call, outcome))
          return;
        auto report = call.getResults().initReport();
        report.setGoldenCases(outcome->cases);
        report.setLoadUs(to_microseconds(outcome->load));
        report.setSlowestUs(to_microseconds(outcome->slowest));
      });
}

kj::Promise<void> control_service::backup(BackupContext call) {
  make_backup question{text(call.getParams().getFolder())};
  return context_.actors.ask<backup_made>(context_.node.actors.archivist.get(), std::move(question), backup_patience)
      .then([call](result<backup_made> outcome) mutable {
        if (answered_error(call, outcome))
          return;
        auto report = call.getResults().initReport();
        report.setFolder(outcome->folder.c_str());
        report.setFiles(outcome->files);
        report.setBytes(outcome->bytes);
      });
}

kj::Promise<void> control_service::setLogLevel(SetLogLevelContext call) {
  auto& levels = context_.node.levels;
  auto actor = text(call.getParams().getActor());
  auto level = text(call.getParams().getLevel());
  if (!actor.empty() || !level.empty())
    if (auto set = levels.set(actor, level); answered_error(call, set))
      return kj::READY_NOW;
  auto now = levels.list();
  auto list = call.getResults().initLevels(static_cast<unsigned>(now.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    list[i].setActor(now[i].first.c_str());
    list[i].setLevel(std::string(to_string(now[i].second)).c_str());
  }
  return kj::READY_NOW;
}

} // namespace troupe
