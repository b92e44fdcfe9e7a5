#include "runtime/cli/login_files.hpp"

#include "cluster/certificates.hpp"
#include "cluster/private_key.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/text_file.hpp"
#include "runtime/base/toml_reader.hpp"
#include "runtime/base/unique_fd.hpp"
#include "runtime/base/units.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe {

namespace {

namespace fs = std::filesystem;

constexpr const char* config_name = "config.toml";
constexpr const char* authority_name = "authority.pem";
constexpr const char* certificate_name = "certificate.pem";
constexpr const char* key_name = "key.pem";
constexpr const char* new_key_name = "new-key.pem";

constexpr const char* log_in_again = "; log in again: `troupe login HOST:7551 --token TOKEN`";
/// Of a certificate's life: with less left it is time for another.
constexpr int soon_part = 6;

std::string in(const std::string& folder, const char* name) {
  return folder + "/" + name;
}

error cannot(const char* doing, const std::string& path, int reason) {
  return {error_code::io_failed, std::string("can't ") + doing + " " + path + ": " + std::strerror(reason)};
}

error broken(const std::string& folder, const std::string& what) {
  return {error_code::failed_precondition, "the login in " + folder + " is not whole: " + what + log_in_again};
}

/// "" if it is not there.
result<std::string> text_in(const std::string& path) {
  auto text = read_text_file(path, certificate_bytes_max);
  if (!text && text.failure().code == error_code::not_found)
    return std::string();
  return text;
}

result<void> make_folder(const std::string& folder) {
  if (folder.empty())
    return error{error_code::failed_precondition, "there is no place for a login: set HOME or XDG_CONFIG_HOME"};
  std::error_code failure;
  fs::create_directories(fs::path(folder).parent_path(), failure);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return cannot("make", folder, errno);
  return {};
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The file is the old one or the new one, and for this user only.
result<void> replace(const std::string& path, std::string_view bytes) {
  auto unfinished = path + ".new";
  ::unlink(unfinished.c_str());
  unique_fd file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || !write_all(file.get(), bytes) || ::fsync(file.get()) != 0 || ::rename(unfinished.c_str(), path.c_str()) != 0)
    return cannot("write", path, errno);
  return {};
}

result<void> read_config(const std::string& path, login& into) {
  auto text = text_in(path);
  if (!text)
    return text.failure();
  auto document = parse_toml(*text, path);
  if (!document)
    return document.failure();
  toml_problems problems(path);
  toml_section root(*document, problems);
  for (auto [key, value] : {std::pair{"node", &into.node}, std::pair{"http", &into.http}}) {
    root.text(key, *value);
    if (auto good = listen_address_from(*value); !value->empty() && !good)
      root.refuse(key, good.failure().message);
  }
  root.text("cluster", into.cluster);
  if (!into.cluster.empty() && !is_unique_id(into.cluster))
    root.refuse("cluster", "expected a cluster's id, 32 hex digits");
  root.refuse_unknown_keys();
  return problems.empty() ? result<void>() : result<void>(problems.to_error());
}

/// What of a login doesn't go with the rest; "" if all does.
std::string flaw_in(const login& who) {
  auto facts = facts_of(who.identity.certificate);
  auto key = private_key::from_pem(who.identity.key);
  auto authority = facts_of(who.identity.authority);
  if (!facts || !key || !authority)
    return "a certificate or the key is missing or damaged";
  if (key->public_key() != facts->public_key)
    return "the key is another than the certificate's";
  if (!is_issued_by(who.identity.certificate, who.identity.authority) || authority->common_name != who.cluster)
    return "the certificate is of another cluster than config.toml says";
  return {};
}

} // namespace

std::string login_folder() {
  const char* configured = std::getenv("XDG_CONFIG_HOME");
  if (configured != nullptr && *configured == '/') // others are to be ignored, says the XDG Base Directory Specification
    return std::string(configured) + "/troupe";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::string(home) + "/.config/troupe" : "";
}

result<login> read_login(const std::string& folder) {
  login who;
  if (folder.empty())
    return who;
  if (auto read = read_config(in(folder, config_name), who); !read)
    return read.failure();
  for (auto [name, value] : {std::pair{authority_name, &who.identity.authority},
                             std::pair{certificate_name, &who.identity.certificate}, std::pair{key_name, &who.identity.key}}) {
    auto text = text_in(in(folder, name));
    if (!text)
      return text.failure();
    *value = std::move(*text);
  }
  bool none = who.cluster.empty() && who.identity.certificate.empty() && who.identity.key.empty();
  auto flaw = none ? std::string() : flaw_in(who);
  return flaw.empty() ? result<login>(std::move(who)) : result<login>(broken(folder, flaw));
}

result<std::string> begin_login(const std::string& folder) {
  if (auto made = make_folder(folder); !made)
    return made.failure();
  auto path = in(folder, new_key_name);
  if (auto earlier = text_in(path); earlier && private_key::from_pem(*earlier))
    return earlier;
  auto key = private_key::make().pem();
  if (auto kept = replace(path, key); !kept)
    return kept.failure();
  return key;
}

result<void> finish_login(const std::string& folder, const login& made) {
  for (auto [name, value] : {std::pair{authority_name, &made.identity.authority},
                             std::pair{certificate_name, &made.identity.certificate}, std::pair{key_name, &made.identity.key}})
    if (auto written = replace(in(folder, name), *value); !written)
      return written;
  std::string text = "# Written by `troupe login`. --node and TROUPE_NODE go before it.\n";
  for (auto [key, value] : {std::pair{"node", &made.node}, std::pair{"http", &made.http}, std::pair{"cluster", &made.cluster}})
    if (!value->empty())
      text += std::string(key) + " = \"" + *value + "\"\n";
  if (auto written = replace(in(folder, config_name), text); !written)
    return written;
  ::unlink(in(folder, new_key_name).c_str());
  return {};
}

result<bool> remove_login(const std::string& folder) {
  bool any = false;
  for (auto name : {key_name, new_key_name, certificate_name, authority_name, config_name}) {
    if (!folder.empty() && ::unlink(in(folder, name).c_str()) == 0)
      any = true;
    else if (!folder.empty() && errno != ENOENT && errno != ENOTDIR)
      return cannot("remove", in(folder, name), errno);
  }
  return any;
}

std::string end_text(wall_time end) {
  auto text = utc_text(end);
  return text.substr(0, text.find('.')) + "Z";
}

result<certificate_left> check_certificate(const login& who, wall_time now) {
  auto facts = facts_of(who.identity.certificate);
  if (!facts)
    return facts.failure();
  if (now >= facts->not_after)
    return error{error_code::failed_precondition, "your certificate ended at " + end_text(facts->not_after) + log_in_again};
  auto left = facts->not_after - now;
  return certificate_left{left, left < (facts->not_after - facts->not_before) / soon_part};
}

} // namespace troupe
