#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe {

/// What went wrong, as far as a caller can act on it. `storage/error_schema` turns these into RPC, `runtime/gateway/error_map` into HTTP; nothing
/// else may.
enum class error_code : std::uint8_t {
  invalid_argument = 1, ///< the request itself is wrong; sending it again won't help
  not_found,            ///< no such deployment, version, blob or key
  already_exists,       ///< the name or identity is taken
  failed_precondition,  ///< right request, wrong moment: the message says what must come first
  conflict,             ///< another writer was faster; read again and retry
  overloaded,           ///< a queue or limit is full; retry later
  deadline_exceeded,    ///< not done in time; whether it ran is unknown to the caller
  unavailable,          ///< nobody can serve it just now; retrying is right
  poisoned,             ///< this very input crashed two hosts and is quarantined
  unauthenticated,      ///< no session
  permission_denied,    ///< the session may not do this
  model_failed,         ///< the model raised an error on this input
  corrupt,              ///< stored bytes don't match their checksum or schema
  io_failed,            ///< disk or descriptor trouble: full, unwritable, in use
  internal,             ///< a broken invariant of ours
  cancelled,            ///< whoever asked has gone, or took it back: nobody reads this, but it is counted
};
inline constexpr std::size_t error_code_count = static_cast<std::size_t>(error_code::cancelled) + 1; ///< 0 is none of them

/// The code as it is written in logs, events and `-o json`, e.g. "not_found".
std::string_view to_string(error_code code);

/// A failure with the sentence a person reads. The message says what to do; it never shows the inside of the node.
struct error {
  error_code code = error_code::internal;
  std::string message;
};

/// "not_found: no deployment 'digits'"
std::string to_string(const error& e);

inline bool operator==(const error& a, const error& b) {
  return a.code == b.code && a.message == b.message;
}

/// The value, or why there is none. Asking for the one that isn't there is a broken invariant (throws std::bad_variant_access).
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(error e) : state_(std::in_place_index<1>, std::move(e)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T value() && { return std::get<0>(std::move(state_)); } // not T&&: a loop over a temporary's value would outlive it
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const error& failure() const { return std::get<1>(state_); }

private:
  std::variant<T, error> state_;
};

/// Success without a value, or why not.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(error e) : failure_(std::move(e)), failed_(true) {}

  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  const error& failure() const { return failure_; }

private:
  error failure_;
  bool failed_ = false;
};

} // namespace troupe
