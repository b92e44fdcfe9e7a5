#define BOOST_TEST_MODULE http_route
#include "runtime/gateway/http_route.hpp"

#include <boost/test/unit_test.hpp>

#include <tuple>
#include <utility>
#include <vector>

using namespace troupe;

namespace {

struct routed {
  http_verb verb;
  std::string url;
  http_target target;
  std::string model = {};
  version_number version = 0;
};

constexpr auto get = http_verb::get;
constexpr auto post = http_verb::post;

const std::vector<routed> routes = {
    {get, "/v2", http_target::server_metadata},
    {get, "/v2/", http_target::server_metadata},
    {get, "/v2?verbose=1", http_target::server_metadata},
    {get, "/v2/health/live", http_target::live},
    {get, "/v2/health/ready", http_target::ready},
    {get, "/v2/models", http_target::model_list},
    {get, "/v2/models/", http_target::model_list},
    {get, "/v2/models/stats", http_target::all_statistics},
    {get, "/v2/models/digits", http_target::model_metadata, "digits"},
    {get, "/v2/models/digits/versions/3", http_target::model_metadata, "digits", 3},
    {get, "/v2/models/digits/ready", http_target::model_ready, "digits"},
    {get, "/v2/models/digits/versions/12/ready/", http_target::model_ready, "digits", 12},
    {get, "/v2/models/digits/config", http_target::model_config, "digits"},
    {get, "/v2/models/digits/stats", http_target::model_statistics, "digits"},
    {get, "/v2/models/stats/stats", http_target::model_statistics, "stats"},
    {post, "/v2/models/digits/infer", http_target::infer, "digits"},
    {post, "/v2/models/versions/infer?a=/b&c=%2F", http_target::infer, "versions"},
    {post, "/v2/models/digits/versions/4294967295/infer", http_target::infer, "digits", 4294967295U},
    {post, "/v2/models/a%2Fb%20%c3%A9/infer", http_target::infer, "a/b \xc3\xa9"},
    {post, "/v2/models/digits/feedback", http_target::feedback, "digits"},
    {post, "/v2/repository/index", http_target::repository_index},
    {post, "/v2/repository/models/digits/load", http_target::load, "digits"},
    {post, "/v2/repository/models/di%67its/unload", http_target::unload, "digits"},
    {get, "/metrics", http_target::metrics},
};

const std::vector<std::string> unknown_paths = {
    "/v2/models/digits/versions/3/feedback",
    "",
    "/",
    "v2",
    "/v1/models",
    "/v2/health",
    "/v2/health/",
    "/v2/health/live/now",
    "//v2",
    "/v2//models",
    "/v2/models//infer",
    "/v2/models/%",
    "/v2/models/%4",
    "/v2/models/%zz/infer",
    "/v2/models/%+1/infer",
    "/v2/models/digits//",
    "/v2/models/digits/versions",
    "/v2/models/digits/versions/",
    "/v2/models/digits/versions/x/infer",
    "/v2/models/digits/versions/0/infer",
    "/v2/models/digits/versions/-1",
    "/v2/models/digits/versions/4294967296",
    "/v2/models/digits/versions/1/infer/more",
    "/v2/models/digits/infer/infer",
    "/v2/repository",
    "/v2/repository/models/digits",
    "/v2/repository/models/digits/reload",
    "/v2/repository/models//load",
    "/metrics/all",
};

} // namespace

BOOST_AUTO_TEST_CASE(each_path_leads_to_its_target) {
  for (const auto& [verb, url, target, model, version] : routes) {
    auto found = http_route_of(verb, url);
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<http_route>(found), url);
    const auto& route = std::get<http_route>(found);
    BOOST_TEST((route.target == target), url);
    BOOST_TEST(route.model == model, url);
    BOOST_TEST(route.version == version, url);
  }
}

BOOST_AUTO_TEST_CASE(a_path_that_is_asked_for_with_another_verb_says_so) {
  for (const auto& known : routes)
    for (auto verb : {get, post, http_verb::other})
      if (verb != known.verb) {
        auto found = http_route_of(verb, known.url);
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<no_http_route>(found), known.url);
        BOOST_TEST((std::get<no_http_route>(found) == no_http_route::wrong_verb), known.url);
      }
}

BOOST_AUTO_TEST_CASE(any_other_path_is_unknown_with_every_verb) {
  for (const auto& url : unknown_paths)
    for (auto verb : {get, post, http_verb::other}) {
      auto found = http_route_of(verb, url);
      BOOST_REQUIRE_MESSAGE(std::holds_alternative<no_http_route>(found), url);
      BOOST_TEST((std::get<no_http_route>(found) == no_http_route::unknown_path), url);
    }
}

BOOST_AUTO_TEST_CASE(what_triton_has_and_we_have_not_is_known_by_name) {
  const std::pair<const char*, no_http_route> refused[] = {
      {"/v2/systemsharedmemory/status", no_http_route::no_shared_memory},
      {"/v2/systemsharedmemory/region/input/register", no_http_route::no_shared_memory},
      {"/v2/cudasharedmemory/unregister", no_http_route::no_shared_memory},
      {"/v2/trace/setting", no_http_route::no_tracing},
      {"/v2/models/digits/trace/setting", no_http_route::no_tracing},
      {"/v2/logging", no_http_route::no_log_settings},
      {"/v2/models/digits/generate", no_http_route::no_generating},
      {"/v2/models/digits/versions/2/generate_stream", no_http_route::no_generating},
      {"/v2/logging/more", no_http_route::unknown_path},
      {"/v2/models/digits/generate/more", no_http_route::unknown_path},
  };
  for (const auto& [url, why] : refused)
    for (auto verb : {get, post}) {
      auto found = http_route_of(verb, url);
      BOOST_REQUIRE_MESSAGE(std::holds_alternative<no_http_route>(found), url);
      BOOST_TEST((std::get<no_http_route>(found) == why), url);
    }
}

BOOST_AUTO_TEST_CASE(a_repository_by_name_is_refused) {
  for (auto url : {"/v2/repository/other/index", "/v2/repository/other/models/digits/load"}) {
    auto found = http_route_of(post, url);
    BOOST_REQUIRE(std::holds_alternative<no_http_route>(found));
    BOOST_TEST((std::get<no_http_route>(found) == no_http_route::no_repositories));
  }
}
