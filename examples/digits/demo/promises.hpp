#pragma once

#include "runtime/cli/table.hpp"

#include <string>

namespace troupe {

/// What was measured, beside what was promised.
class promises {
public:
  /// A figure without a promise.
  void note(const std::string& what, const std::string& measured);
  void check(const std::string& what, const std::string& measured, const std::string& promised, bool kept);

  bool all_kept() const { return broken_ == 0; }
  std::string render(bool colors) const { return rows_.render(colors); }

private:
  table rows_{{{"WHAT"}, {"MEASURED", true}, {"PROMISED", true}, {""}}};
  int broken_ = 0;
};

} // namespace troupe
