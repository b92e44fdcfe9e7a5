#pragma once

#include "runtime/base/host_layout.hpp"
#include "runtime/base/model_spec.hpp"

#include <string>
#include <vector>

namespace troupe {

/// The batch that a host was asked to run.
struct expected_reply {
  std::uint64_t sequence = 0;
  std::uint32_t rows = 0; ///< 0 if the model takes no batch
};

/// Copies out of the shared memory what a reply with `outputs_max` outputs may use. Each byte is read once, so the host can't
/// change it after the check.
void copy_done_page(const std::byte* memory, std::size_t outputs_max, done_page& copy);

/// Whether the copy is an honest host's reply to the batch: every field is checked. If it carries outputs, `outputs` gets them,
/// pointing into `memory`. What the strings of BYTES hold is not looked at. The error says what the host got wrong.
result<done_status> check_reply(const done_page& copy, const expected_reply& expected, const model_spec& spec,
                                const host_geometry& geometry, const std::byte* memory, std::vector<tensor_view>& outputs);

/// Copies of the outputs that are BYTES, by their index.
using owned_strings = std::vector<std::vector<std::byte>>;

/// Takes the BYTES of a checked reply out of the shared memory, where the host could change their lengths at any time, and looks whether they
/// are strings. `outputs` point into `strings` then. The error says what the host got wrong.
result<void> own_strings(std::vector<tensor_view>& outputs, const model_spec& spec, owned_strings& strings);

/// A checked reply's text, fit for people: control characters become blanks, what isn't ASCII '?'.
std::string reply_text(const done_page& copy);

} // namespace troupe
