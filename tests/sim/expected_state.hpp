#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace troupe {

/// One deployment as clients must find it.
struct expected_deployment {
  bool exists = false;
  std::uint32_t last_version = 0;
  std::uint32_t wanted = 0;

  friend bool operator<(const expected_deployment& a, const expected_deployment& b) {
    return std::tie(a.exists, a.last_version, a.wanted) < std::tie(b.exists, b.last_version, b.wanted);
  }
};

std::string to_string(const expected_deployment& state);

/// What a command does to a deployment.
struct sim_command {
  enum class kind { deploy, scale, undeploy, rollback, steer };
  kind what = kind::deploy;
  std::string name;
  std::uint32_t replicas = 0; ///< of a rollback: the version

  expected_deployment applied_to(expected_deployment before) const;
  std::string text() const;
};

/// What a node may say of its deployments, given what it acknowledged. A command without an answer may or may not have been done: so
/// there are several states a deployment can be in, until it is looked at. One command a deployment at a time.
class expected_state {
public:
  /// It was acknowledged. False if that can't be. `version`: what a deploy was told.
  bool acknowledge(const sim_command& command, std::uint32_t version);
  /// Nobody knows whether it was done.
  void doubt(const sim_command& command);
  /// It was refused and not done, as the deployment is not there. False if it must be. A write in doubt may still show after a restart.
  bool refuse_missing(const sim_command& command);
  /// It was seen. False if it can't be like that.
  bool look(const std::string& name, const expected_deployment& seen);

  /// The state that a deployment must be in; nothing if it may be in several.
  std::optional<expected_deployment> certain(const std::string& name) const;
  std::string describe(const std::string& name) const;

private:
  using states = std::set<expected_deployment>;
  states& of(const std::string& name);

  std::map<std::string, states> deployments_;
};

} // namespace troupe
