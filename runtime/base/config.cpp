#include "runtime/base/config.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/base/log_levels.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/base/toml_reader.hpp"
#include "runtime/base/units.hpp"

#include <arpa/inet.h>
#include <charconv>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t gateway_loops_max = 64;
constexpr std::uint32_t connections_limit = 65536;
constexpr std::chrono::microseconds deadline_min = 1ms;
constexpr std::chrono::microseconds deadline_limit = 1h;
constexpr std::chrono::milliseconds drain_limit = 1h;
constexpr std::chrono::milliseconds login_min = 100ms;
constexpr std::chrono::milliseconds login_limit = 1h;
constexpr std::chrono::milliseconds idle_min = 1s;
constexpr std::chrono::milliseconds idle_limit = 24h;
constexpr std::uint32_t checks_limit = 1024;
constexpr std::uint32_t fetches_limit = 32;
constexpr std::uint64_t disk_reserve_limit = 1ULL << 40;
constexpr std::uint64_t message_bytes_min = 64ULL << 10;
constexpr std::uint64_t message_bytes_limit = 1ULL << 30;
constexpr std::uint64_t body_bytes_limit = 1ULL << 40;
constexpr std::uint64_t artifact_bytes_min = 1ULL << 10;
constexpr std::uint64_t artifact_bytes_limit = 1ULL << 40;
constexpr std::uint64_t chunk_bytes_min = 4ULL << 10;
constexpr std::uint64_t chunk_overhead = 4ULL << 10; // what an Upload.write adds to its chunk, generously
constexpr std::chrono::milliseconds probe_min = 10ms;
constexpr std::chrono::milliseconds probe_limit = 1min;
constexpr std::chrono::milliseconds dead_limit = 1h;
constexpr std::chrono::seconds certificate_min = 10min; // it is renewed at half of its life, looked at every 30 s
constexpr std::chrono::seconds certificate_limit = 24h * 365;
constexpr std::uint32_t events_min = 1000;
constexpr std::uint32_t events_limit = 100'000'000;

error invalid(std::string message) {
  return {error_code::invalid_argument, std::move(message)};
}

result<void> check_listen(const std::string& listen) {
  auto address = listen_address_from(listen);
  return address ? result<void>() : result<void>(address.failure());
}

/// Where "" is nowhere.
result<void> check_other(const std::string& address) {
  return address.empty() ? result<void>() : check_listen(address);
}

result<void> check_name(const std::string& name) {
  if (name.empty() || valid_deployment_name(name))
    return {};
  return invalid("expected 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit, found \"" + name + "\"");
}

result<void> check_data_folder(const std::string& folder) {
  return folder.empty() ? result<void>(invalid("expected a folder, found \"\"")) : result<void>();
}

result<void> check_chunk(const node_options& options) {
  if (options.chunk_bytes_max + chunk_overhead <= options.message_bytes_max)
    return {};
  return invalid("expected less than a message of " + human_size(options.message_bytes_max) + ", found "
                 + human_size(options.chunk_bytes_max));
}

result<void> check_bodies(const node_options& options) {
  if (options.body_bytes_max == 0 || options.body_bytes_max >= 2 * options.message_bytes_max)
    return {};
  return invalid("expected at least two messages of " + human_size(options.message_bytes_max)
                 + ", a request and its answer, found " + human_size(options.body_bytes_max));
}

/// Whoever is dead after so long was asked at least twice before.
result<void> check_dead_after(const membership_times& times) {
  auto least = 2 * times.probe_interval + times.probe_timeout + times.indirect_timeout;
  if (times.dead_after >= least)
    return {};
  return invalid("expected at least " + human_duration(least) + ", two intervals and both timeouts, found "
                 + human_duration(times.dead_after));
}

result<void> check_log_level(const std::string& level) {
  if (log_level_from(level))
    return {};
  return invalid("expected one of debug, info, warn, error, off, found \"" + level + "\"");
}

result<void> check_drain_timeout(std::chrono::milliseconds length) {
  if (length <= drain_limit)
    return {};
  return invalid("expected at most " + human_duration(drain_limit) + ", found " + human_duration(length));
}

result<void> check_log_format(const std::string& format) {
  return format == "text" || format == "json" ? result<void>()
                                              : result<void>(invalid("expected text or json, found \"" + format + "\""));
}

result<void> check_join(const std::vector<std::string>& seeds) {
  for (const auto& each : seeds)
    if (auto checked = check_other(each); !checked)
      return checked;
  return {};
}

result<void> check_discover(const std::string& how) {
  return how.empty() || how == "lan" ? result<void>() : result<void>(invalid("expected \"lan\" or \"\", found \"" + how + "\""));
}

void tell(toml_section& section, std::string_view key, const result<void>& checked) {
  if (!checked)
    section.refuse(key, checked.failure().message);
}

void read_limits(toml_section limits, node_options& options) {
  limits.duration("default_deadline", options.default_deadline, deadline_min, deadline_limit);
  limits.size("message_bytes", options.message_bytes_max, message_bytes_min, message_bytes_limit);
  limits.size("body_bytes", options.body_bytes_max, 0, body_bytes_limit);
  limits.size("artifact_bytes", options.artifact_bytes_max, artifact_bytes_min, artifact_bytes_limit);
  limits.size("chunk_bytes", options.chunk_bytes_max, chunk_bytes_min, message_bytes_limit);
  limits.integer("connections", options.connections_max, 1, connections_limit);
  limits.duration("login_timeout", options.login_timeout, login_min, login_limit);
  limits.duration("idle_timeout", options.idle_timeout, idle_min, idle_limit);
  limits.integer("checks", options.checks_max, 0, checks_limit);
  limits.integer("fetches", options.fetches_max, 1, fetches_limit);
  limits.size("disk_reserve", options.disk_reserve, 0, disk_reserve_limit);
  tell(limits, "chunk_bytes", check_chunk(options));
  tell(limits, "body_bytes", check_bodies(options));
  limits.refuse_unknown_keys();
}

void read_membership(toml_section membership, node_options& options) {
  auto& times = options.membership;
  membership.duration("probe_interval", times.probe_interval, probe_min, probe_limit);
  membership.duration("probe_timeout", times.probe_timeout, probe_min, probe_limit);
  membership.duration("indirect_timeout", times.indirect_timeout, probe_min, probe_limit);
  membership.duration("dead_after", times.dead_after, probe_min, dead_limit);
  membership.duration("revive_interval", times.revive_interval, probe_min, dead_limit);
  membership.duration("certificate_lifetime", options.certificate_lifetime, certificate_min, certificate_limit);
  tell(membership, "dead_after", check_dead_after(times));
  membership.refuse_unknown_keys();
}

void read_log_actors(toml_section actors, node_options& options) {
  for (auto origin : event_origins) {
    std::string level = "default";
    actors.text(origin, level);
    if (level == "default")
      continue;
    tell(actors, origin, check_log_level(level));
    options.log_actors[std::string(origin)] = level;
  }
  actors.refuse_unknown_keys();
}

void read_log(toml_section log, node_options& options) {
  log.text("level", options.log_level);
  log.text("format", options.log_format);
  tell(log, "level", check_log_level(options.log_level));
  tell(log, "format", check_log_format(options.log_format));
  read_log_actors(log.section("actors"), options);
  log.refuse_unknown_keys();
}

void read_events(toml_section events, node_options& options) {
  events.integer("keep", options.events_max, events_min, events_limit);
  events.refuse_unknown_keys();
}

void read_root(toml_section& root, node_options& options) {
  root.text("name", options.name);
  root.text("data", options.data_folder);
  root.text("listen", options.listen);
  root.text("http", options.http);
  root.text("http_name", options.http_name);
  root.boolean("insecure_listen", options.insecure_listen);
  root.text("host_binary", options.host_binary);
  root.text("cluster", options.cluster);
  root.text("advertise", options.advertise);
  std::string join;
  root.text("join", join);
  options.join = join.empty() ? options.join : parts_of(join);
  root.text("discover", options.discover);
  std::string labels;
  root.text("labels", labels);
  if (auto read = labels_from(labels); !read)
    root.refuse("labels", read.failure().message);
  else if (root.has("labels"))
    options.labels = *read;
  root.integer("gateway_loops", options.gateway_loops, 0, gateway_loops_max);
  root.duration("drain_timeout", options.drain_timeout, std::chrono::milliseconds(0ms), std::chrono::milliseconds(drain_limit));
  tell(root, "name", check_name(options.name));
  tell(root, "data", check_data_folder(options.data_folder));
  tell(root, "listen", check_listen(options.listen));
  tell(root, "http", check_other(options.http));
  tell(root, "cluster", check_other(options.cluster));
  tell(root, "advertise", check_other(options.advertise));
  tell(root, "join", check_join(options.join));
  tell(root, "discover", check_discover(options.discover));
  read_limits(root.section("limits"), options);
  read_membership(root.section("membership"), options);
  read_events(root.section("events"), options);
  read_log(root.section("log"), options);
  root.refuse_unknown_keys();
}

} // namespace

bool is_loopback(const std::string& host) {
  in_addr address{};
  bool in_127 = ::inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
  return in_127 || host == "localhost" || host == "::1";
}

result<listen_address> listen_address_from(std::string_view text) {
  auto failure = invalid("expected an address like \"127.0.0.1:7550\", found \"" + std::string(text) + "\"");
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return failure;
  auto host = text.substr(0, colon);
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find_first_of(":[] ") != std::string_view::npos)
    return failure;
  std::uint16_t port = 0;
  auto end = text.data() + text.size();
  auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc{} || parsed.ptr != end)
    return failure;
  return listen_address{std::string(host), port};
}

result<void> check(const node_options& options) {
  for (const auto& [what, checked] :
       {std::pair{"name", check_name(options.name)}, std::pair{"data", check_data_folder(options.data_folder)},
        std::pair{"listen", check_listen(options.listen)}, std::pair{"http", check_other(options.http)},
        std::pair{"cluster", check_other(options.cluster)}, std::pair{"advertise", check_other(options.advertise)},
        std::pair{"join", check_join(options.join)}, std::pair{"discover", check_discover(options.discover)},
        std::pair{"chunk_bytes", check_chunk(options)}, std::pair{"body_bytes", check_bodies(options)},
        std::pair{"drain timeout", check_drain_timeout(options.drain_timeout)},
        std::pair{"log level", check_log_level(options.log_level)},
        std::pair{"log format", check_log_format(options.log_format)}})
    if (!checked)
      return invalid(std::string(what) + ": " + checked.failure().message);
  return {};
}

result<node_options> parse_node_toml(std::string_view text, std::string_view file_name, const node_options& defaults) {
  auto document = parse_toml(text, file_name);
  if (!document)
    return document.failure();
  toml_problems problems(file_name);
  toml_section root(*document, problems);
  auto options = defaults;
  read_root(root, options);
  if (!problems.empty())
    return problems.to_error();
  return options;
}

result<node_options> read_node_toml(const std::string& path, const node_options& defaults) {
  auto text = read_text_file(path, toml_bytes_max);
  if (!text)
    return text.failure();
  return parse_node_toml(*text, path, defaults);
}

} // namespace troupe
