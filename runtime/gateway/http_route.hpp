#pragma once

#include "runtime/base/ids.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace troupe {

/// What a path of the HTTP door leads to.
enum class http_target {
  live,
  ready,
  server_metadata,
  model_list,
  model_metadata,
  model_ready,
  model_config,
  model_statistics,
  all_statistics,
  infer,
  feedback,
  repository_index,
  load,
  unload,
  metrics,
};

struct http_route {
  http_target target = http_target::live;
  std::string model;          ///< decoded; "" where the path has none
  version_number version = 0; ///< 0: any
};

/// Why a path leads nowhere.
enum class no_http_route {
  unknown_path,
  wrong_verb,       ///< there is the path, but not for this method
  no_repositories,  ///< it names a repository; there is but the node's own
  no_shared_memory, ///< this and what follows are Triton's, and we don't have them
  no_tracing,
  no_log_settings,
  no_generating,
};

/// The verbs that there are.
enum class http_verb { get, post, other };

/// Where a request goes:
///
///     GET   /v2  /v2/health/live  /v2/health/ready  /v2/models  /v2/models/stats  /metrics
///     GET   /v2/models/MODEL[/versions/N]  the same with /ready, /config or /stats
///     POST  /v2/models/MODEL[/versions/N]/infer  /v2/models/MODEL/feedback
///     POST  /v2/repository/index  /v2/repository/models/MODEL/load  /v2/repository/models/MODEL/unload
///
/// MODEL may be percent-encoded, a query string is ignored, and so is a slash at the end.
std::variant<http_route, no_http_route> http_route_of(http_verb verb, std::string_view url);

} // namespace troupe
