#pragma once

#include <string>
#include <vector>

namespace troupe {

/// A way to find members of a cluster whose addresses nobody has told. What it finds is hearsay: TLS decides who answers there.
class discovery {
public:
  virtual ~discovery() = default;

  /// Cluster ports where members of the cluster seem to be just now, "10.0.0.2:7551", each once; a bounded number.
  virtual std::vector<std::string> addresses() const = 0;
};

} // namespace troupe
