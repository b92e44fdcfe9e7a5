#include "runtime/gateway/http_route.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

namespace troupe {

namespace {

std::string percent_encoded(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char byte : text)
    ((encoded += '%') += digits[byte >> 4]) += digits[byte & 0xf];
  return encoded;
}

std::string model_path(const http_route& route, const char* end) {
  auto version = route.version == 0 ? "" : "/versions/" + std::to_string(route.version);
  return "/v2/models/" + percent_encoded(route.model) + version + end;
}

/// The path that leads there.
std::string path_of(const http_route& route) {
  switch (route.target) {
  case http_target::live: return "/v2/health/live";
  case http_target::ready: return "/v2/health/ready";
  case http_target::server_metadata: return "/v2";
  case http_target::model_list: return "/v2/models";
  case http_target::all_statistics: return "/v2/models/stats";
  case http_target::repository_index: return "/v2/repository/index";
  case http_target::metrics: return "/metrics";
  case http_target::load: return "/v2/repository/models/" + percent_encoded(route.model) + "/load";
  case http_target::unload: return "/v2/repository/models/" + percent_encoded(route.model) + "/unload";
  case http_target::model_metadata: return model_path(route, "");
  case http_target::model_ready: return model_path(route, "/ready");
  case http_target::model_config: return model_path(route, "/config");
  case http_target::model_statistics: return model_path(route, "/stats");
  case http_target::infer: return model_path(route, "/infer");
  case http_target::feedback: return model_path(route, "/feedback");
  }
  return "";
}

} // namespace

/// A URL behind one byte for the method. Where it leads, the route's own path leads as well.
void fuzz_one(std::string_view input) {
  auto verb = static_cast<http_verb>(take<std::uint8_t>(input) % 3);
  auto routed = http_route_of(verb, input);
  auto route = std::get_if<http_route>(&routed);
  if (route == nullptr)
    return;
  auto again = http_route_of(verb, path_of(*route));
  auto same = std::get_if<http_route>(&again);
  require(same != nullptr, "a route's path leads somewhere");
  require(same->target == route->target && same->model == route->model && same->version == route->version,
          "a route's path leads there");
}

} // namespace troupe
