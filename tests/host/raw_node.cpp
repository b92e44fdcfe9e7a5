#include "tests/host/raw_node.hpp"

#include "runtime/host/control_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace troupe::test {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// Whether the descriptor became readable in time.
bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 1;
}

/// False: the other side is gone.
bool receive(int socket, packet& in) {
  if (!readable(socket))
    fail("no packet in time");
  auto got = receive_packet(socket, in);
  if (!got)
    throw std::runtime_error(got.failure().message);
  return *got == received::packet;
}

void write_tensors(capnp::List<schema::TensorSpec>::Builder to, const std::vector<tensor_spec>& from) {
  for (unsigned i = 0; i < from.size(); ++i) {
    to[i].setName(from[i].name);
    to[i].setDatatype(static_cast<schema::Datatype>(from[i].type));
    auto dims = to[i].initShape(static_cast<unsigned>(from[i].dims.size()));
    for (unsigned d = 0; d < dims.size(); ++d)
      dims.set(d, from[i].dims[d]);
  }
}

void write_order(schema::LoadVersion::Builder order, const model_spec& spec, const std::string& title) {
  order.setTitle(title);
  write_tensors(order.initInputs(static_cast<unsigned>(spec.inputs.size())), spec.inputs);
  write_tensors(order.initOutputs(static_cast<unsigned>(spec.outputs.size())), spec.outputs);
  order.setMaxBatch(spec.max_batch);
  order.setThreads(spec.threads);
  order.setMemoryBytes(spec.memory_bytes);
}

pid_t spawn_template(int socket) {
  constexpr int passed_as = 9;
  auto node = std::to_string(::getpid());
  auto number = std::to_string(passed_as);
  const char* arguments[] = {TROUPE_HOST_PATH, "--template", "--socket", number.c_str(), "--node-pid", node.c_str(), nullptr};
  const char* environment[] = {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "OMP_WAIT_POLICY=passive", nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket, passed_as);
  pid_t pid = 0;
  errno =
      ::posix_spawn(&pid, TROUPE_HOST_PATH, &actions, nullptr, const_cast<char**>(arguments), const_cast<char**>(environment));
  ::posix_spawn_file_actions_destroy(&actions);
  if (errno != 0)
    fail("cannot start " TROUPE_HOST_PATH);
  return pid;
}

} // namespace

raw_process::~raw_process() {
  if (pid_ == 0 || !pidfd_)
    return;
  signal(SIGKILL);
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED);
}

bool raw_process::running() const {
  pollfd entry{pidfd_.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) == 0;
}

void raw_process::signal(int number) const {
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

std::string raw_process::end() {
  if (!readable(pidfd_.get()))
    fail("the process did not end");
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0)
    fail("cannot wait for the process");
  pidfd_.reset();
  return (info.si_code == CLD_EXITED ? "exit:" : "signal:") + std::to_string(info.si_status);
}

raw_input fp32(shape dims, const std::vector<float>& elements) {
  auto* bytes = reinterpret_cast<const std::byte*>(elements.data());
  return {datatype::fp32, std::move(dims), std::vector<std::byte>(bytes, bytes + elements.size() * sizeof(float))};
}

raw_replica::raw_replica(replica_options chosen, unique_fd memory)
  : options(chosen), memory_fd(std::move(memory)), work(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
    done(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  auto size = host_memory_size(options.geometry);
  void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd.get(), 0);
  if (mapped == MAP_FAILED)
    fail("cannot map the shared memory");
  memory_ = static_cast<std::byte*>(mapped);
  auto* page = reinterpret_cast<work_page*>(memory_);
  page->input_bytes = options.geometry.input_bytes;
  page->output_bytes = options.geometry.output_bytes;
}

raw_replica::raw_replica(raw_replica&& other) noexcept
  : process(std::move(other.process)), options(other.options), memory_fd(std::move(other.memory_fd)), work(std::move(other.work)),
    done(std::move(other.done)), memory_(std::exchange(other.memory_, nullptr)), sequence_(other.sequence_) {}

raw_replica::~raw_replica() {
  if (memory_ != nullptr)
    ::munmap(memory_, host_memory_size(options.geometry));
}

void raw_replica::ring(std::uint32_t rows, const std::vector<raw_input>& inputs) {
  auto* page = reinterpret_cast<work_page*>(memory_);
  page->sequence = ++sequence_;
  page->rows = rows;
  page->input_count = static_cast<std::uint32_t>(inputs.size());
  std::uint64_t offset = inputs_offset;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto& entry = page->inputs[i];
    entry = {offset,
             inputs[i].bytes.size(),
             static_cast<std::uint16_t>(inputs[i].type),
             static_cast<std::uint16_t>(inputs[i].dims.size()),
             0,
             {}};
    std::copy(inputs[i].dims.begin(), inputs[i].dims.end(), entry.dims);
    std::copy(inputs[i].bytes.begin(), inputs[i].bytes.end(), memory_ + offset);
    offset = (offset + entry.size + tensor_alignment - 1) / tensor_alignment * tensor_alignment;
  }
  std::uint64_t one = 1;
  if (::write(work.get(), &one, sizeof one) != sizeof one)
    fail("cannot ring");
}

reply raw_replica::await() {
  pollfd entries[2] = {{done.get(), POLLIN, 0}, {static_cast<int>(::syscall(SYS_pidfd_open, process.pid(), 0)), POLLIN, 0}};
  unique_fd exit(entries[1].fd);
  ::poll(entries, 2, static_cast<int>(std::chrono::milliseconds(patience).count()));
  std::uint64_t rings = 0;
  if (::read(done.get(), &rings, sizeof rings) != sizeof rings)
    fail(process.running() ? "the host did not answer" : "the host died");
  reply answer;
  std::memcpy(&answer.page, memory_ + done_page_offset, sizeof answer.page);
  answer.text.assign(answer.page.text, answer.page.text_size);
  for (std::uint32_t i = 0; i < answer.page.output_count; ++i) {
    const auto& entry = answer.page.outputs[i];
    answer.outputs.emplace_back(memory_ + entry.offset, memory_ + entry.offset + entry.size);
  }
  return answer;
}

reply raw_replica::run(std::uint32_t rows, const std::vector<raw_input>& inputs) {
  ring(rows, inputs);
  return await();
}

std::string raw_version::await_ready() {
  packet in;
  if (!receive(control.get(), in))
    return "closed";
  message_view message(in);
  auto root = message.root<schema::FromVersion>();
  if (root.isReady())
    return "";
  return std::string(root.getFailed().getStage().cStr()) + ": " + root.getFailed().getReason().cStr();
}

raw_replica raw_version::fork(replica_options options) {
  auto size = host_memory_size(options.geometry);
  unique_fd memory(::memfd_create("host", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (::ftruncate(memory.get(), static_cast<off_t>(size)) != 0
      || ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    fail("cannot make the shared memory");
  raw_replica replica(options, std::move(memory));
  capnp::MallocMessageBuilder message;
  auto order = message.initRoot<schema::ToVersion>().initForkReplica();
  order.setReplica(1);
  order.setSeed(options.seed);
  order.setMemoryBytes(size);
  int passed[] = {replica.memory_fd.get(), replica.work.get(), replica.done.get()};
  packet in;
  if (!send_message(control.get(), message, passed, 3) || !receive(control.get(), in))
    fail("the version template is gone");
  message_view answer(in);
  auto forked = answer.root<schema::FromVersion>().getForked();
  if (forked.getPid() == 0)
    throw std::runtime_error(forked.getReason().cStr());
  replica.process = raw_process(static_cast<pid_t>(forked.getPid()), std::move(in.descriptors.at(0)));
  return replica;
}

raw_template::raw_template() {
  auto pair = make_seqpacket_pair();
  if (!pair)
    throw std::runtime_error(pair.failure().message);
  pid_t pid = spawn_template(pair->theirs.get());
  process = raw_process(pid, unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  control = std::move(pair->ours);
}

raw_version raw_template::load(const std::string& model_path, const model_spec& spec, const std::string& title) {
  auto pair = make_seqpacket_pair();
  unique_fd model(::open(model_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!pair || !model)
    fail("cannot open " + model_path);
  capnp::MallocMessageBuilder message;
  auto request = message.initRoot<schema::ToTemplate>();
  request.setProtocolVersion(schema::HOST_PROTOCOL_VERSION);
  write_order(request.initLoadVersion(), spec, title);
  request.getLoadVersion().setModelBytes(std::filesystem::file_size(model_path));
  int passed[] = {pair->theirs.get(), model.get()};
  packet in;
  if (!send_message(control.get(), message, passed, 2) || !receive(control.get(), in))
    fail("the template is gone");
  message_view answer(in);
  auto root = answer.root<schema::FromTemplate>();
  if (root.getPid() == 0)
    throw std::runtime_error(root.getReason().cStr());
  return {raw_process(static_cast<pid_t>(root.getPid()), std::move(in.descriptors.at(0))), std::move(pair->ours)};
}

std::string raw_template::send_nonsense() {
  capnp::MallocMessageBuilder message;
  message.initRoot<schema::ToTemplate>().setProtocolVersion(999);
  packet in;
  if (!send_message(control.get(), message) || !receive(control.get(), in))
    fail("the template is gone");
  message_view answer(in);
  return answer.root<schema::FromTemplate>().getReason().cStr();
}

std::string model_path(const std::string& name) {
  return std::string(TROUPE_MODELS) + "/" + name + "/model.pt";
}

model_spec row_spec(std::int64_t columns, std::uint32_t max_batch) {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1, columns}}};
  spec.outputs = {{"y", datatype::fp32, {-1, columns}}};
  spec.max_batch = max_batch;
  return spec;
}

int thread_count_of(pid_t pid) {
  auto tasks = std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task");
  return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

std::int64_t private_memory_kb(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  constexpr std::string_view label = "Private_Dirty:";
  for (std::string line; std::getline(file, line);)
    if (line.compare(0, label.size(), label) == 0)
      return std::stoll(line.substr(label.size()));
  return -1;
}

std::map<int, std::string> open_files(pid_t pid) {
  std::map<int, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
    files[std::stoi(entry.path().filename())] = std::filesystem::read_symlink(entry.path());
  return files;
}

} // namespace troupe::test
