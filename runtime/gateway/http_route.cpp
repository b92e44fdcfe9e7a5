#include "runtime/gateway/http_route.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

namespace troupe {

namespace {

/// The longest path there is: v2/models/MODEL/versions/N/infer.
constexpr std::size_t segments_max = 6;

struct path_segments {
  std::array<std::string_view, segments_max> at;
  std::size_t count = 0;

  bool is(std::size_t index, std::string_view text) const { return index < count && at[index] == text; }
};

/// A path that may be asked for with one verb.
struct known_path {
  http_verb verb = http_verb::get;
  http_route route;
};

std::optional<path_segments> split(std::string_view path) {
  path_segments segments;
  while (!path.empty()) {
    if (path[0] != '/')
      return std::nullopt;
    path.remove_prefix(1);
    auto end = path.find('/');
    auto segment = path.substr(0, end);
    path.remove_prefix(segment.size());
    if (segment.empty() && path.empty())
      break; // the slash at the end
    if (segments.count == segments_max)
      return std::nullopt;
    segments.at[segments.count++] = segment;
  }
  return segments;
}

/// Nothing for what is no two hexadecimal digits.
std::optional<char> decoded_byte(std::string_view digits) {
  unsigned value = 0;
  auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size())
    return std::nullopt;
  return static_cast<char>(value);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    auto byte = decoded_byte(text.substr(i + 1, 2));
    if (!byte)
      return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

std::optional<version_number> version_from(std::string_view text) {
  version_number version = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), version);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || version == 0)
    return std::nullopt;
  return version;
}

std::optional<known_path> of_a_model(http_route route, std::string_view action) {
  auto with = [&route](http_verb verb, http_target target) {
    route.target = target;
    return known_path{verb, route};
  };
  if (action.empty())
    return with(http_verb::get, http_target::model_metadata);
  if (action == "infer")
    return with(http_verb::post, http_target::infer);
  if (action == "feedback" && route.version == 0)
    return with(http_verb::post, http_target::feedback);
  if (action == "ready")
    return with(http_verb::get, http_target::model_ready);
  if (action == "config")
    return with(http_verb::get, http_target::model_config);
  if (action == "stats")
    return with(http_verb::get, http_target::model_statistics);
  return std::nullopt;
}

/// v2/models/…
std::optional<known_path> in_models(const path_segments& path) {
  if (path.count == 2)
    return known_path{http_verb::get, {http_target::model_list, {}, 0}};
  if (path.count == 3 && path.is(2, "stats"))
    return known_path{http_verb::get, {http_target::all_statistics, {}, 0}};
  auto model = percent_decoded(path.at[2]);
  if (!model || model->empty())
    return std::nullopt;
  http_route route{http_target::model_metadata, std::move(*model), 0};
  std::size_t next = 3;
  if (path.is(3, "versions")) {
    auto version = path.count > 4 ? version_from(path.at[4]) : std::nullopt;
    if (!version)
      return std::nullopt;
    route.version = *version;
    next = 5;
  }
  if (path.count > next + 1 || (path.count == next + 1 && path.at[next].empty()))
    return std::nullopt;
  return of_a_model(std::move(route), path.count > next ? path.at[next] : std::string_view());
}

/// v2/repository/…
std::optional<known_path> in_repository(const path_segments& path) {
  if (path.count == 3 && path.is(2, "index"))
    return known_path{http_verb::post, {http_target::repository_index, {}, 0}};
  if (path.count != 5 || !path.is(2, "models"))
    return std::nullopt;
  auto model = percent_decoded(path.at[3]);
  if (!model || model->empty())
    return std::nullopt;
  if (path.is(4, "load"))
    return known_path{http_verb::post, {http_target::load, std::move(*model), 0}};
  if (path.is(4, "unload"))
    return known_path{http_verb::post, {http_target::unload, std::move(*model), 0}};
  return std::nullopt;
}

bool names_a_repository(const path_segments& path) {
  return path.is(0, "v2") && path.is(1, "repository")
         && (path.is(3, "index") || (path.is(3, "models") && (path.is(5, "load") || path.is(5, "unload"))));
}

std::optional<known_path> find(const path_segments& path) {
  if (path.count == 1 && path.is(0, "metrics"))
    return known_path{http_verb::get, {http_target::metrics, {}, 0}};
  if (!path.is(0, "v2"))
    return std::nullopt;
  if (path.count == 1)
    return known_path{http_verb::get, {http_target::server_metadata, {}, 0}};
  if (path.is(1, "models"))
    return in_models(path);
  if (path.is(1, "repository"))
    return in_repository(path);
  if (path.count == 3 && path.is(1, "health") && path.is(2, "live"))
    return known_path{http_verb::get, {http_target::live, {}, 0}};
  if (path.count == 3 && path.is(1, "health") && path.is(2, "ready"))
    return known_path{http_verb::get, {http_target::ready, {}, 0}};
  return std::nullopt;
}

/// Why we don't have what Triton has there.
no_http_route why_none(const path_segments& path) {
  if (!path.is(0, "v2"))
    return no_http_route::unknown_path;
  if (path.is(1, "systemsharedmemory") || path.is(1, "cudasharedmemory"))
    return no_http_route::no_shared_memory;
  if (path.is(1, "trace") || (path.is(1, "models") && path.is(3, "trace")))
    return no_http_route::no_tracing;
  if (path.count == 2 && path.is(1, "logging"))
    return no_http_route::no_log_settings;
  auto action = path.is(3, "versions") ? 5U : 3U;
  if (path.is(1, "models") && path.count == action + 1 && (path.is(action, "generate") || path.is(action, "generate_stream")))
    return no_http_route::no_generating;
  return names_a_repository(path) ? no_http_route::no_repositories : no_http_route::unknown_path;
}

} // namespace

std::variant<http_route, no_http_route> http_route_of(http_verb verb, std::string_view url) {
  auto path = split(url.substr(0, url.find_first_of("?#")));
  if (!path)
    return no_http_route::unknown_path;
  auto found = find(*path);
  if (!found)
    return why_none(*path);
  if (found->verb != verb)
    return no_http_route::wrong_verb;
  return std::move(found->route);
}

} // namespace troupe
