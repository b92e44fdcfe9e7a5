#include "runtime/gateway/http_repository.hpp"

#include "runtime/gateway/http_documents.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace troupe {

namespace {

constexpr auto answer_patience = std::chrono::seconds(10);

/// The body's object; an empty body is an empty one.
result<nlohmann::json> object_of(std::string_view body) {
  if (body.empty())
    return nlohmann::json::object();
  auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object())
    return error{error_code::invalid_argument, "expected a JSON object as the body"};
  return parsed;
}

} // namespace

kj::Promise<http_reply> repository_index(control_context& context, std::string_view body) {
  auto asked = object_of(body);
  if (!asked)
    return error_reply(asked.failure());
  auto ready = asked->find("ready");
  if (ready != asked->end() && !ready->is_boolean())
    return error_reply({error_code::invalid_argument, "ready: expected true or false"});
  bool only_ready = ready != asked->end() && ready->get<bool>();
  return context.actors.ask<deployment_list>(context.node.actors.catalog.get(), list_deployments{}, answer_patience)
      .then([only_ready](result<deployment_list> outcome) {
        return outcome ? http_reply{200, repository_document(*outcome, only_ready)} : error_reply(outcome.failure());
      });
}

} // namespace troupe
