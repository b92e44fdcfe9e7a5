#include "tests/e2e/prometheus_process.hpp"

#include "tests/e2e/running_node.hpp"
#include "tests/gateway/raw_http.hpp"

#include <cctype>
#include <cstdio>

namespace troupe::test {

namespace {

child_options start_options(const std::filesystem::path& configuration, const std::filesystem::path& folder,
                            const std::string& log_file) {
  child_options start;
  start.command = {prometheus_tool("prometheus"), "--config.file=" + configuration.string(),
                   "--storage.tsdb.path=" + (folder / "series").string(), "--web.listen-address=127.0.0.1:0"};
  start.err = log_file;
  return start;
}

/// "40675" of a line that says: msg="Listening on" address=127.0.0.1:40675
std::uint16_t port_in(const std::string& log) {
  const std::string mark = "\"Listening on\" address=127.0.0.1:";
  auto at = log.find(mark);
  return at == std::string::npos ? 0 : static_cast<std::uint16_t>(std::atoi(log.c_str() + at + mark.size()));
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (unsigned char c : text) {
    char escape[4];
    std::snprintf(escape, sizeof escape, "%%%02X", c);
    encoded += std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c)) : escape;
  }
  return encoded;
}

} // namespace

std::string monitoring_folder() {
  return TROUPE_MONITORING;
}

std::string prometheus_tool(const std::string& name) {
  for (const std::string folder : {TROUPE_TOOLS, "/usr"})
    if (std::filesystem::exists(folder + "/bin/" + name))
      return folder + "/bin/" + name;
  BOOST_FAIL(name << " is missing: run ./dev test, which unpacks it, or install Debian's package prometheus");
  return "";
}

prometheus_process::prometheus_process(const std::filesystem::path& configuration, const std::filesystem::path& folder)
  : log_file_((folder / "prometheus.log").string()), process_(start_options(configuration, folder, log_file_)) {
  BOOST_REQUIRE_MESSAGE(eventually([this] { return (port_ = port_in(log())) != 0; }, std::chrono::seconds(30)), log());
  BOOST_REQUIRE_MESSAGE(eventually([this] { return contains(get("/-/ready"), "Ready"); }, std::chrono::seconds(30)), log());
}

std::string prometheus_process::get(const std::string& path) const {
  auto socket = connect_raw(port_);
  auto request = "GET " + path + " HTTP/1.0\r\n\r\n"; // the answer ends with the connection
  BOOST_REQUIRE(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
  std::string answer;
  char bytes[65536];
  for (ssize_t got = 0; (got = ::recv(socket.get(), bytes, sizeof bytes, 0)) > 0;)
    answer.append(bytes, static_cast<std::size_t>(got));
  auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

std::size_t prometheus_process::number_of_results(const std::string& query) const {
  auto numbers = "(" + query + ") >= -Inf";
  auto answer = nlohmann::json::parse(get("/api/v1/query?query=" + percent_encoded(numbers)), nullptr, false);
  BOOST_REQUIRE_MESSAGE(answer.value("status", "") == "success", query << ": " << answer.dump());
  return answer["data"]["result"].size();
}

} // namespace troupe::test
