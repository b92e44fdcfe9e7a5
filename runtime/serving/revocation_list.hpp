#pragma once

#include "runtime/base/cluster_records.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

/// Whom this node lets in no more, though he shows a certificate of the cluster. Thread-safe.
class revocation_list {
public:
  /// Adds these, and forgets what has expired: nothing is taken back. The whole that it has now, by name.
  std::vector<revocation> add(const std::vector<revocation>& more, wall_time now);
  /// Whether a certificate that was given then is refused.
  bool refuses(const std::string& common_name, wall_time given) const;
  /// `hears` is told of each whose certificates are refused from now on, on the thread that adds him. Once, or with nullptr to end that.
  void on_revoked(std::function<void(const std::string& common_name)> hears);

private:
  mutable std::mutex mutex_;
  std::map<std::string, revocation> by_name_;
  std::mutex telling_;
  std::function<void(const std::string&)> hears_; ///< under `telling_`
};

} // namespace troupe
