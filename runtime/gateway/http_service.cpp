#include "runtime/gateway/http_service.hpp"

#include "runtime/base/units.hpp"
#include "runtime/gateway/http_documents.hpp"
#include "runtime/gateway/http_feedback.hpp"
#include "runtime/gateway/http_inference.hpp"
#include "runtime/gateway/http_loading.hpp"
#include "runtime/gateway/http_repository.hpp"
#include "runtime/gateway/metrics_text.hpp"

#include <kj/debug.h>

#include <charconv>
#include <chrono>

namespace troupe {

namespace {

/// A scrape has a time limit of its own, usually 10 s.
constexpr auto metrics_patience = std::chrono::seconds(2);

http_reply reply_to(no_http_route why) {
  switch (why) {
  case no_http_route::wrong_verb: return error_reply(405, "Method Not Allowed");
  case no_http_route::no_repositories: return error_reply(501, "there is but one repository, the node's own; leave its name out");
  case no_http_route::no_shared_memory:
    return error_reply(501, "shared memory is not supported; send the tensors in the request");
  case no_http_route::no_tracing:
    return error_reply(501, "tracing is not supported; /v2/models/MODEL/stats and /metrics tell where the time goes");
  case no_http_route::no_log_settings: return error_reply(501, "log settings are not supported; use `troupe log-level`");
  case no_http_route::no_generating: return error_reply(501, "generate is not supported; use infer");
  case no_http_route::unknown_path: break;
  }
  return error_reply(404, "Not Found");
}

/// Of what nobody foresaw; what it says is not for clients.
http_reply reply_to_failure(kj::Exception&& failure) {
  KJ_LOG(ERROR, "an HTTP request failed", failure);
  return error_reply(error{error_code::internal, {}});
}

http_reply document(std::string text) {
  return {200, std::move(text)};
}

result<std::optional<std::size_t>> header_length_from(const std::optional<std::string>& field) {
  if (!field)
    return std::optional<std::size_t>();
  std::size_t length = 0;
  auto end = field->data() + field->size();
  auto parsed = std::from_chars(field->data(), end, length);
  if (parsed.ec != std::errc{} || parsed.ptr != end)
    return error{error_code::invalid_argument, "Inference-Header-Content-Length: expected a number of bytes"};
  return std::optional<std::size_t>(length);
}

access needed_for(http_target target) {
  switch (target) {
  case http_target::live:
  case http_target::ready: return access::health;
  case http_target::load:
  case http_target::unload: return access::all;
  default: return access::reading;
  }
}

/// Why this caller may not ask for that.
http_reply denied(const caller& who) {
  if (who.may < access::reading)
    return error_reply(
        {error_code::unauthenticated, who.why_not.empty() ? "show a user's certificate; `troupe login` gets one" : who.why_not});
  return error_reply({error_code::permission_denied, "a client may ask models and look; this takes an admin's certificate"});
}

/// A node that its cluster has put out serves what it was told last, which may be old: load balancers should leave it.
std::optional<error> turned_away(const leadership_cell& lead) {
  auto why = lead.refusal();
  return why.empty() ? std::nullopt : std::optional(error{error_code::unavailable, why});
}

/// Documents never are, as with Triton: its aio client takes packed answers to infer only, but says of every request that it takes them.
bool may_be_packed(http_target target) {
  return target == http_target::infer || target == http_target::metrics;
}

} // namespace

bool http_plan::takes_body() const {
  switch (route.target) {
  case http_target::infer:
  case http_target::feedback:
  case http_target::repository_index:
  case http_target::load:
  case http_target::unload: return true;
  default: return false;
  }
}

std::variant<http_plan, http_reply> http_service::plan(const http_head& head, const caller& who) {
  auto found = http_route_of(head.verb, head.target);
  if (auto none = std::get_if<no_http_route>(&found))
    return reply_to(*none);
  http_plan next{std::move(std::get<http_route>(found))};
  if (who.may < needed_for(next.route.target))
    return denied(who);
  auto length = header_length_from(head.inference_header_length);
  if (!length)
    return error_reply(length.failure());
  auto packed = content_coding_from(head.content_encoding.value_or(""));
  if (!packed)
    return error_reply(packed.failure());
  if (next.route.target == http_target::infer)
    if (auto target = door_.find_target_of_request(next.route.model, next.route.version); !target)
      return no_model_reply(target.failure());
  next.header_length = *length;
  next.fields = head.fields;
  next.packed = *packed;
  if (may_be_packed(next.route.target))
    next.accepted = accepted_coding(head.accept_encoding.value_or(""));
  return next;
}

kj::Promise<http_reply> http_service::answer(http_plan plan, http_body body, const caller& who) {
  return kj::evalNow([&]() -> kj::Promise<http_reply> {
           if (plan.route.target == http_target::metrics)
             return metrics();
           if (!plan.takes_body())
             return answer_at_once(plan.route);
           return answer_with_body(std::move(plan), std::move(body), who);
         })
      .catch_([](kj::Exception&& failure) { return reply_to_failure(kj::mv(failure)); });
}

kj::Promise<http_reply> http_service::answer_with_body(http_plan plan, http_body body, const caller& who) {
  const auto& route = plan.route;
  switch (route.target) {
  case http_target::repository_index: return repository_index(control_, body.text());
  case http_target::load: return load_model(control_, route.model, who.name, std::move(body));
  case http_target::unload: return unload_model(control_, route.model);
  case http_target::feedback: return take_feedback(door_, plan, who.name, body.text());
  default: return infer(door_, plan, who.name, std::move(body));
  }
}

http_reply http_service::answer_at_once(const http_route& route) {
  const auto& node = control_.node;
  switch (route.target) {
  case http_target::ready: {
    auto why = door_.closed();
    if (!why && node.lead != nullptr)
      why = turned_away(*node.lead);
    return why ? error_reply(*why) : document(R"({"ready":true})");
  }
  case http_target::server_metadata: return document(server_document(node.http_name, node.software_version));
  case http_target::model_list: return document(model_list_document(*routes_.read()));
  case http_target::model_metadata: return of_model(route, &model_metadata_document);
  case http_target::model_ready: return model_ready(route);
  case http_target::model_config: return of_model(route, &model_config_document);
  case http_target::model_statistics:
  case http_target::all_statistics: return statistics(route);
  default: return document(R"({"live":true})");
  }
}

http_reply http_service::of_model(const http_route& route, std::string (*write)(const spread&)) {
  auto target = door_.find_target(route.model, route.version);
  return target ? document(write(**target)) : no_model_reply(target.failure());
}

http_reply http_service::model_ready(const http_route& route) {
  auto target = door_.find_target(route.model, route.version);
  if (!target)
    return no_model_reply(target.failure());
  if (!(*target)->is_reachable())
    return error_reply(
        {error_code::unavailable, "the nodes that run " + to_string((*target)->id()) + " don't answer just now; retry"});
  return document(model_ready_document(**target));
}

http_reply http_service::statistics(const http_route& route) {
  std::vector<std::shared_ptr<spread>> targets;
  if (route.target == http_target::all_statistics) {
    auto table = routes_.read();
    for (const auto& [name, where] : *table)
      if (where.target != nullptr)
        targets.push_back(where.target);
    return document(statistics_document(targets));
  }
  auto target = door_.find_target(route.model, route.version);
  if (!target)
    return no_model_reply(target.failure());
  targets.push_back(*target);
  return document(statistics_document(targets));
}

/// What the actors don't tell in time the page lacks.
kj::Promise<http_reply> http_service::metrics() {
  const auto& node = control_.node;
  auto deployments = control_.actors.ask<deployment_list>(node.actors.catalog.get(), list_deployments{}, metrics_patience);
  auto nodes = node.lead != nullptr ? control_.actors.ask<node_list>(node.actors.membership.get(), list_nodes{}, metrics_patience)
                                    : kj::Promise<result<node_list>>(error{error_code::not_found, "there is no cluster"});
  return deployments
      .then([this, nodes = kj::mv(nodes)](result<deployment_list> found) mutable {
        return nodes.then([this, found = std::move(found)](result<node_list> cluster) mutable {
          return metrics_.page(found ? std::move(*found) : deployment_list{},
                               cluster ? std::optional(std::move(*cluster)) : std::nullopt);
        });
      })
      .then([](std::string page) { return http_reply{200, std::move(page), metrics_content}; });
}

} // namespace troupe
