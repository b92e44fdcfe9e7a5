#pragma once

#include "runtime/policy/queue_policy.hpp"
#include "runtime/serving/request.hpp"

#include <deque>
#include <vector>

namespace troupe {

/// Rows as the queue counts them: a request of a model without batches counts as one.
inline std::uint32_t queue_rows(const inference_request& request) {
  return request.rows == 0 ? 1 : request.rows;
}

/// The waiting requests of a version, in the order in which they are served. Not thread-safe.
///
///     tried again | priority 1, by arrival | priority 2 | … | delayed: they waited longer than they may
class request_queue {
public:
  explicit request_queue(std::size_t levels) : lines_(levels + 2) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::uint32_t rows() const { return rows_; }
  std::uint32_t rows_of_level(std::size_t level) const { return lines_[level + 1].rows; }
  /// What is served before a request of that level that comes now; without runners.
  queue_ahead ahead_of(std::size_t level) const;

  /// Behind those of its level.
  void push(request_ptr request);
  /// To the very front, in this order.
  void push_again(std::vector<request_ptr> requests);
  /// The first. There must be one.
  request_ptr pop();

  enum class step {
    keep,
    drop,  ///< it leaves: the visitor has moved it out
    delay, ///< behind all others
    stop,  ///< it stays, and the walk ends
  };
  /// Shows each request, in order, to `visit(request_ptr&)`. Takes time for those that were shown.
  template <class Visit>
  void walk(Visit visit);

private:
  struct line {
    std::deque<request_ptr> requests;
    std::uint32_t rows = 0;
  };

  void add(line& to, const inference_request& request);
  void forget(line& from, std::uint32_t rows);
  void move_to_end(request_ptr request);

  std::vector<line> lines_;
  std::size_t size_ = 0;
  std::uint32_t rows_ = 0;
};

template <class Visit>
void request_queue::walk(Visit visit) {
  bool stopped = false;
  for (auto& at : lines_) {
    auto& requests = at.requests;
    std::size_t kept = 0;
    std::size_t next = 0;
    for (; next < requests.size() && !stopped; ++next) {
      auto rows = queue_rows(*requests[next]);
      auto found = visit(requests[next]);
      if (found == step::drop || found == step::delay) {
        forget(at, rows);
        if (found == step::delay)
          move_to_end(std::move(requests[next]));
        continue;
      }
      stopped = found == step::stop;
      if (kept != next)
        requests[kept] = std::move(requests[next]);
      ++kept;
    }
    auto begin = requests.begin();
    if (kept != next)
      requests.erase(begin + static_cast<std::ptrdiff_t>(kept), begin + static_cast<std::ptrdiff_t>(next));
    if (stopped)
      return;
  }
}

} // namespace troupe
