#pragma once

#include "cluster/tls.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"

#include <optional>
#include <string>

namespace troupe {

/// What the user's folder says of a cluster: which node to ask, and who the user is to it.
///
///     config.toml        node = "10.0.0.1:7550", http = "10.0.0.1:8000", cluster = "32 hex digits"; each may be missing
///     authority.pem      the certificate of the cluster's authority
///     certificate.pem    the user's
///     key.pem            a secret, which never leaves the machine
///     new-key.pem        while a login is under way: asked again with the same token, it gets the answer that was lost
///
/// The last four are `troupe login`'s; a person may write the first.
struct login {
  std::string node;      ///< "": as if nothing was said
  std::string http;      ///< likewise
  std::string cluster;   ///< its id; "": nobody has logged in
  tls_identity identity; ///< empty likewise
};

/// $XDG_CONFIG_HOME/troupe, else ~/.config/troupe. "" if the user has no home.
std::string login_folder();

/// All of it is empty where there is nothing. `failed_precondition` if the files don't belong together: a login was broken off, or they were damaged;
/// `invalid_argument` for a config.toml that says something else; `io_failed`.
result<login> read_login(const std::string& folder);

/// The key of a login under way: the one of an earlier try, else a new one, which is kept. PEM.
result<std::string> begin_login(const std::string& folder);
/// Replaces what was there. Files are for the user alone; each is whole at any time, and config.toml the last.
result<void> finish_login(const std::string& folder, const login& made);

/// Forgets all of it; false if there was nothing.
result<bool> remove_login(const std::string& folder);

/// "2026-11-24T10:00:00Z": certificates know whole seconds.
std::string end_text(wall_time end);

/// How long the user's certificate holds: `failed_precondition` once it has ended. `soon`: less than a sixth of its life is left.
struct certificate_left {
  std::chrono::nanoseconds left{0};
  bool soon = false;
};
result<certificate_left> check_certificate(const login& who, wall_time now);

} // namespace troupe
