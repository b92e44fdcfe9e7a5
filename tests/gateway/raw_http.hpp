#pragma once

#include "tests/gateway/raw_socket.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>

namespace troupe {

struct http_answer {
  int status = 0;                             ///< 0: the node closed the connection
  std::map<std::string, std::string> headers; ///< by their names in lower case
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  /// "" if there is none, or it shows something that only we should see: sources, exceptions, addresses, files.
  std::string error() const {
    auto told = json().is_object() ? json().value("error", "") : "";
    for (auto inside : {"kj/", ".c++", ".cpp", "std::", "exception", "0x", "/tmp", "/home", "/proc", "stack"})
      if (told.find(inside) != std::string::npos)
        return "";
    return told;
  }
};

/// An HTTP client that sends exactly what it is told.
class http_client {
public:
  explicit http_client(std::uint16_t port) : socket_(connect_raw(port)) {}
  explicit http_client(unique_fd socket) : socket_(std::move(socket)) {}

  const unique_fd& socket() const { return socket_; }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0)
        return; // what became of it shows in the answer
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Sends nothing more; what comes can still be read.
  void finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }

  http_answer read() {
    http_answer answer;
    auto head = take_through("\r\n\r\n");
    if (head.empty())
      return answer;
    answer.status = std::stoi(head.substr(head.find(' ') + 1));
    std::size_t line = head.find("\r\n") + 2;
    while (line + 2 < head.size()) {
      auto end = head.find("\r\n", line);
      auto colon = head.find(':', line);
      auto name = head.substr(line, colon - line);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      answer.headers[name] = head.substr(colon + 2, end - colon - 2);
      line = end + 2;
    }
    answer.body = take(std::stoul("0" + answer.headers["content-length"]));
    return answer;
  }

  http_answer get(const std::string& path) {
    send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return read();
  }
  http_answer post(const std::string& path, const std::string& body, const std::string& headers = "") {
    send("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n");
    send(body);
    return read();
  }

private:
  bool receive() {
    char bytes[65536];
    auto got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (got > 0)
      buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }
  std::string take(std::size_t size) {
    while (buffer_.size() < size && receive()) {
    }
    auto taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }
  /// "" if the connection ends before.
  std::string take_through(std::string_view mark) {
    while (buffer_.find(mark) == std::string::npos)
      if (!receive())
        return "";
    return take(buffer_.find(mark) + mark.size());
  }

  unique_fd socket_;
  std::string buffer_;
};

} // namespace troupe
