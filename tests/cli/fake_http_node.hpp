#pragma once

#include <memory>
#include <string>

namespace troupe::test {

/// A node's HTTP door without models, on a port of the kernel's and a thread of its own. What it does with a deployment is in its name:
///
///     echo      answers its inputs, in the form in which they came; metadata: one input "x", FP32 [-1, 4]
///     flaky     refuses every second request with 503
///     mortal    answers 50 requests, then ends every connection instead
///     silent    never answers
///     garbled   answers what is no JSON
///
/// Every other name is 404.
class fake_http_node {
public:
  fake_http_node();
  ~fake_http_node();

  /// "127.0.0.1:PORT"
  const std::string& address() const;
  /// Of the last inference request: "POST PATH TYPE LENGTH", with what stood in Inference-Header-Content-Length or "none".
  std::string last_request() const;
  /// Most connections that were open at once.
  unsigned connections() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::test
