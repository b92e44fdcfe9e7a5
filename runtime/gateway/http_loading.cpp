#include "runtime/gateway/http_loading.hpp"

#include "runtime/base/model_toml_merge.hpp"
#include "runtime/gateway/error_map.hpp"
#include "runtime/gateway/load_request.hpp"

#include <chrono>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// For an answer that needs no more than a synced write.
constexpr auto control_patience = 10s;
/// For the last fsync of a large file on a slow disk.
constexpr auto disk_patience = 120s;
/// Until a version is live, or its file is on the leader.
constexpr auto live_patience = 300s;
/// Who makes versions by HTTP, as `troupe versions` shows it; the user's name stands before it, if it is known.
constexpr const char* client_name = "http";

const version_record& live_or_newest(const deployment_view& deployment) {
  for (const auto& version : deployment.versions)
    if (version.record.id.number == deployment.record.current_version)
      return version.record;
  return deployment.versions[0].record;
}

/// A load under way; each step answers with the next.
class loading {
public:
  loading(control_context& context, std::string name, const std::string& user)
    : context_(context), name_(std::move(name)), client_(user.empty() ? client_name : user + ": " + client_name) {}

  kj::Promise<http_reply> run(result<load_request> asked) {
    if (!asked)
      return failed(asked.failure());
    if (context_.node.drain.closed())
      return failed(drain_gate::refusal());
    asked_ = std::move(*asked);
    if (asked_.artifact != nullptr)
      return upload();
    return context_.actors.ask<deployment_list>(context_.node.actors.catalog.get(), list_deployments{name_}, control_patience)
        .then([this](result<deployment_list> found) { return load_known(std::move(found)); });
  }

private:
  http_reply failed(const error& why) const {
    return error_reply(to_http_status(why.code), "failed to load '" + name_ + "', " + told_to_clients(why));
  }

  http_reply loaded(const result<done>& outcome) const { return outcome ? http_reply{} : failed(outcome.failure()); }

  kj::Promise<http_reply> load_known(result<deployment_list> found) {
    if (!found)
      return failed(found.failure());
    if (found->deployments.empty() || found->deployments[0].versions.empty())
      return failed(
          {error_code::not_found, "there is no such deployment; send its configuration and file, or use `troupe deploy`"});
    const auto& deployment = found->deployments[0];
    const auto& newest = deployment.versions[0].record; // the newest is first
    if (!asked_.model_toml.empty()) {
      const auto& model = live_or_newest(deployment);
      auto merged = merged_model_toml(model.model_toml, asked_.model_toml);
      if (!merged)
        return failed(merged.failure());
      asked_.model_toml = std::move(*merged);
      return deploy_it(model.artifact_sha256, model.golden_sha256);
    }
    return await_live(
        deployment.record.target_version != 0 ? deployment.record.target_version : deployment.record.current_version, newest);
  }

  /// `newest` tells why, if there is nothing to wait for.
  kj::Promise<http_reply> await_live(version_number version, const version_record& newest) {
    if (version == 0)
      return failed(
          {error_code::failed_precondition, "version " + std::to_string(newest.id.number) + " failed: " + newest.reason});
    return await_live(version);
  }

  kj::Promise<http_reply> await_live(version_number version) {
    return context_.actors.ask<done>(context_.node.actors.catalog.get(), await_version{name_, version}, live_patience)
        .then([this](result<done> outcome) { return loaded(outcome); });
  }

  kj::Promise<http_reply> upload() {
    keeper_ = context_.node.actors.keeper.get();
    return context_.actors.ask<upload_ticket>(keeper_, begin_upload{asked_.sha256, asked_.artifact->size()}, control_patience)
        .then([this](result<upload_ticket> ticket) -> kj::Promise<http_reply> {
          if (!ticket)
            return failed(ticket.failure());
          ticket_ = std::move(*ticket);
          return ticket_.id == 0 ? deploy_it(asked_.sha256, "") : write();
        });
  }

  kj::Promise<http_reply> write() {
    return context_.actors.ask<done>(keeper_, upload_chunk{ticket_.id, asked_.artifact}, disk_patience)
        .then([this](result<done> written) -> kj::Promise<result<done>> {
          if (!written)
            return written;
          return context_.actors.ask<done>(keeper_, finish_upload{ticket_.id}, disk_patience);
        })
        .then([this](result<done> kept) -> kj::Promise<http_reply> {
          if (!kept)
            return failed(kept.failure());
          return deploy_it(asked_.sha256, "");
        });
  }

  kj::Promise<http_reply> deploy_it(const std::string& artifact, const std::string& golden) {
    deploy question{name_, artifact, asked_.model_toml, asked_.replicas, golden, client_};
    return context_.actors.ask<deployed>(context_.node.actors.catalog.get(), std::move(question), live_patience)
        .then([this](result<deployed> outcome) -> kj::Promise<http_reply> {
          if (!outcome)
            return failed(outcome.failure());
          return await_live(outcome->version);
        });
  }

  control_context& context_;
  const std::string name_;
  const std::string client_;
  load_request asked_;
  keeper_actor keeper_; ///< the one that has the ticket: another would not know it
  upload_ticket ticket_;
};

} // namespace

kj::Promise<http_reply> load_model(control_context& context, std::string name, const std::string& user, http_body body) {
  auto shared = std::make_shared<http_body>(std::move(body));
  auto work = kj::heap<loading>(context, std::move(name), user);
  auto& run = *work;
  return context.actors.compute([shared = std::move(shared)] { return read_load_request(shared->text()); })
      .then([&run](result<load_request> asked) { return run.run(std::move(asked)); })
      .attach(kj::mv(work));
}

kj::Promise<http_reply> unload_model(control_context& context, std::string name) {
  return context.actors.ask<done>(context.node.actors.catalog.get(), undeploy{name}, control_patience)
      .then([name](result<done> outcome) {
        if (outcome)
          return http_reply{};
        const auto& why = outcome.failure();
        return error_reply(to_http_status(why.code), "failed to unload '" + name + "', " + told_to_clients(why));
      });
}

} // namespace troupe
