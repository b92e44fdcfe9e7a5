#include "runtime/gateway/reading_control.hpp"

#include "runtime/gateway/error_map.hpp"

#include <capnp/schema.h>

#include <algorithm>
#include <set>

namespace troupe {

namespace {

std::set<std::uint16_t> ordinals_of(std::initializer_list<const char*> names) {
  std::set<std::uint16_t> ordinals;
  auto schema = capnp::Schema::from<schema::Control>();
  for (auto name : names)
    ordinals.insert(schema.getMethodByName(name).getOrdinal());
  return ordinals;
}

bool only_looks(std::uint64_t interface_id, std::uint16_t method_id) {
  static const auto looks = ordinals_of({"status", "tree", "events", "awaitReady", "progress", "nodes"});
  return interface_id == capnp::typeId<schema::Control>() && looks.count(method_id) > 0;
}

} // namespace

control_service::DispatchCallResult reading_control::dispatchCall(std::uint64_t interface_id, std::uint16_t method_id,
                                                                  capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> call) {
  if (only_looks(interface_id, method_id))
    return control_service::dispatchCall(interface_id, method_id, call);
  // Results of every call that may fail begin with the error, so any of their types writes it.
  auto refused = call.getResults(capnp::MessageSize{16, 0}).initAs<schema::Control::ScaleResults>();
  write_error(refused.initError(), {error_code::permission_denied,
                                    "a client may ask models and look, and not do this; it takes an admin's certificate"});
  return {kj::READY_NOW, false};
}

} // namespace troupe
