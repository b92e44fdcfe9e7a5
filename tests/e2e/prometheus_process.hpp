#pragma once

#include "examples/digits/demo/child.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace troupe::test {

/// The folder examples/monitoring.
std::string monitoring_folder();
/// The path of `prometheus` or `promtool`: as `./dev test` unpacks it, or else as it is installed.
std::string prometheus_tool(const std::string& name);

/// A Prometheus that we started, on a port that the kernel chose.
class prometheus_process {
public:
  /// Returns once it is ready. Its log and its data go to `folder`.
  prometheus_process(const std::filesystem::path& configuration, const std::filesystem::path& folder);

  /// The body of what it answers.
  std::string get(const std::string& path) const;
  /// How many series a query gives, those left out that are no number.
  std::size_t number_of_results(const std::string& query) const;
  std::string log() const { return text_of_file(log_file_); }

private:
  std::string log_file_;
  child process_;
  std::uint16_t port_ = 0;
};

} // namespace troupe::test
