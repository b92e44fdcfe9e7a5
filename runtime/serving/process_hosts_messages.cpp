#include "runtime/serving/process_hosts_messages.hpp"

#include "schemas/host.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t text_bytes_max = 4096; ///< of a host's reason
constexpr int nesting_max = 8;

packet_bytes bytes_of(capnp::MallocMessageBuilder& message) {
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asBytes();
  auto begin = reinterpret_cast<const std::byte*>(bytes.begin());
  return packet_bytes(begin, begin + bytes.size());
}

void write(capnp::List<schema::TensorSpec>::Builder list, const std::vector<tensor_spec>& specs) {
  for (unsigned i = 0; i < specs.size(); ++i) {
    auto to = list[i];
    to.setName(specs[i].name);
    to.setDatatype(static_cast<schema::Datatype>(specs[i].type));
    auto dims = to.initShape(static_cast<unsigned>(specs[i].dims.size()));
    for (unsigned d = 0; d < specs[i].dims.size(); ++d)
      dims.set(d, specs[i].dims[d]);
  }
}

/// A host's text for people: bounded, and without control characters or anything that isn't ASCII.
std::string printable(capnp::Text::Reader given) {
  std::string text(given.cStr(), std::min<std::size_t>(given.size(), text_bytes_max));
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' ' && c != '\n'; }, ' ');
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c > '~'; }, '?');
  return text;
}

version_message read(schema::FromVersion::Reader message) {
  switch (message.which()) {
  case schema::FromVersion::READY: return version_ready{};
  case schema::FromVersion::FAILED: {
    auto failed = message.getFailed();
    return version_failed{printable(failed.getStage()), printable(failed.getReason())};
  }
  case schema::FromVersion::FORKED: {
    auto forked = message.getForked();
    return replica_forked{forked.getReplica(), static_cast<pid_t>(forked.getPid()), printable(forked.getReason())};
  }
  }
  KJ_FAIL_REQUIRE("unknown message");
}

/// Calls `use` with the root of the packet's message. What isn't one makes KJ throw, so it is caught here and only here.
template <class Schema, class Use>
auto decode(const packet& given, const Use& use) -> result<decltype(use(std::declval<typename Schema::Reader>()))> {
  try {
    auto words = reinterpret_cast<const capnp::word*>(given.data);
    capnp::ReaderOptions limits;
    limits.traversalLimitInWords = packet_bytes_max / sizeof(capnp::word);
    limits.nestingLimit = nesting_max;
    capnp::FlatArrayMessageReader reader(kj::arrayPtr(words, given.size / sizeof(capnp::word)), limits);
    return use(reader.getRoot<Schema>());
  } catch (const kj::Exception&) {
    return error{error_code::internal, "sent a packet that is no message"};
  }
}

} // namespace

packet_bytes encode_load_version(const version_id& id, const model_spec& spec, std::uint64_t model_bytes) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::ToTemplate>();
  to.setProtocolVersion(schema::HOST_PROTOCOL_VERSION);
  auto load = to.initLoadVersion();
  load.setTitle(to_string(id));
  write(load.initInputs(static_cast<unsigned>(spec.inputs.size())), spec.inputs);
  write(load.initOutputs(static_cast<unsigned>(spec.outputs.size())), spec.outputs);
  load.setMaxBatch(spec.max_batch);
  load.setThreads(spec.threads);
  load.setMemoryBytes(spec.memory_bytes);
  load.setModelBytes(model_bytes);
  return bytes_of(message);
}

packet_bytes encode_fork_replica(replica_number replica, std::uint64_t seed, std::uint64_t memory_bytes) {
  capnp::MallocMessageBuilder message;
  auto fork = message.initRoot<schema::ToVersion>().initForkReplica();
  fork.setReplica(replica);
  fork.setSeed(seed);
  fork.setMemoryBytes(memory_bytes);
  return bytes_of(message);
}

result<version_started> decode_from_template(const packet& given) {
  return decode<schema::FromTemplate>(given, [](schema::FromTemplate::Reader message) {
    return version_started{static_cast<pid_t>(message.getPid()), printable(message.getReason())};
  });
}

result<version_message> decode_from_version(const packet& given) {
  return decode<schema::FromVersion>(given, [](schema::FromVersion::Reader message) { return read(message); });
}

} // namespace troupe
