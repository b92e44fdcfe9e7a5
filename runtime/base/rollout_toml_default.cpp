#include "runtime/base/rollout_toml.hpp"

namespace troupe {

namespace {

constexpr std::string_view rolling_text =
    R"(# The candidate answers all requests once it is ready; the version before stays resident for a while.
strategy = "rolling"
)";

constexpr std::string_view canary_text =
    R"(# The candidate answers a growing part of the requests, and is rolled back if it does worse than the version before.
strategy = "canary"
fuse = 5                    # failures in a row, by which a gateway turns back at once, on its own
overdue = "30m"             # a step lasts for so long at most beyond its hold ...
on_overdue = "roll_back"    # ... and this happens then; "ask": a person decides

# [traffic]
# key = "header:x-user"     # each user stays with one version; or "caller", "request_id"
# always = { header = "x-canary", value = "yes" }   # who tries the candidate before others

[[canary.step]]
weight = 1                  # per cent of the requests
hold = "1m"                 # it lasts that long at least ...
samples = 100               # ... and until the candidate had so many requests

[[canary.step]]
weight = 5
hold = "1m"
samples = 100

[[canary.step]]
weight = 25
hold = "1m"
samples = 100

[[canary.step]]
weight = 50
hold = "1m"
samples = 100
)";

constexpr std::string_view blue_green_text =
    R"(# The candidate is brought up in full beside the version before, then answers all requests at once.
strategy = "blue_green"

[blue_green]
hold = "0s"                 # it is ready for that long at least before it answers anything
asks = false                # true: look at it as NAME@candidate, and promote it yourself
)";

constexpr std::string_view ab_text =
    R"(# Each request id stays with one of both versions, until the rewards that `troupe feedback` brings say which one is better.
strategy = "ab"
fuse = 5                    # failures in a row, by which a gateway turns back at once, on its own
overdue = "30m"             # it lasts for so long at most beyond its hold ...
on_overdue = "roll_back"    # ... and this happens then; "ask": a person decides

[traffic]
key = "request_id"          # each request for itself; "header:x-user" or "caller" (a certificate's name) keep a user with one version

[ab]
weight = 50                 # per cent of the keys that the candidate answers
hold = "1m"                 # it lasts that long at least ...
samples = 1000              # with so many rewards and no difference the version before stays
asks = false                # true: then a person decides
)";

constexpr std::string_view shadow_text =
    R"(# The candidate gets copies of requests, and nobody sees its answers; then it answers all requests.
strategy = "shadow"
overdue = "30m"             # it lasts for so long at most beyond its hold ...
on_overdue = "roll_back"    # ... and this happens then; "ask": a person decides

[shadow]
share = 10                  # per cent of the requests
hold = "1m"                 # it lasts that long at least ...
samples = 100               # ... and until the candidate had so many copies
)";

constexpr std::string_view checks_text = R"(
[[check]]
kind = "error_rate"
tolerance = 0.25            # by how much it may be worse than the version before's: by a quarter

[[check]]
kind = "latency_p99"
tolerance = 0.25
)";

/// Not of latencies: copies are answered at idle priority.
constexpr std::string_view shadow_checks_text = R"(
[[check]]
kind = "error_rate"
tolerance = 0.25            # by how much it may be worse than the version before's: by a quarter

[[check]]
kind = "disagreement"       # with the answer of the version before to the same request
tolerance = 0.01            # the share of answers that may differ
by = "values"               # or "top_class", where only the class counts, or "bytes"
within = 0.001              # numbers agree that differ by no more, relative to the larger one or to 1
)";

} // namespace

std::string default_rollout_toml(rollout_strategy strategy) {
  std::string checks(checks_text);
  switch (strategy) {
  case rollout_strategy::rolling: break;
  case rollout_strategy::canary: return std::string(canary_text) + checks;
  case rollout_strategy::blue_green: return std::string(blue_green_text);
  case rollout_strategy::ab: return std::string(ab_text) + checks;
  case rollout_strategy::shadow: return std::string(shadow_text) + std::string(shadow_checks_text);
  }
  return std::string(rolling_text);
}

} // namespace troupe
