#include "tests/host/process_fixture.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>

namespace troupe {

process_fixture::process_fixture(std::string host_path)
  : hosts(std::make_unique<process_hosts>(
        process_hosts_options{std::move(host_path), {&first_loop, &second_loop}, time, watch, events})) {}

loaded_version process_fixture::load(const std::string& model, const std::function<void(model_spec&)>& change) {
  auto folder = read_model_folder(TROUPE_MODELS "/" + model);
  if (!folder)
    throw std::runtime_error(to_string(folder.failure()));
  loaded_version version;
  version.spec = folder->spec;
  if (change)
    change(version.spec);
  int file = ::open(folder->model_path.c_str(), O_RDONLY | O_CLOEXEC);
  version.handle = hosts->load({model, 1}, version.spec, file, {version.ready.callback(), version.exited.callback()});
  return version;
}

std::shared_ptr<pool> process_fixture::make_pool(const loaded_version& version) {
  return std::make_shared<pool>(version_id{"m", 1}, version.spec, time, events);
}

forked_replica process_fixture::fork(const loaded_version& version, std::shared_ptr<pool> target) {
  forked_replica replica;
  version.process().fork_replica(++last_number_, std::move(target), {replica.ready.callback(), replica.exited.callback()});
  return replica;
}

forked_replica process_fixture::serve(const loaded_version& version, const std::shared_ptr<pool>& target) {
  auto replica = fork(version, target);
  target->attach(replica.host()->runner());
  return replica;
}

std::shared_ptr<outcome> process_fixture::ask(pool& target, std::vector<float> values, std::uint32_t rows) {
  auto result = std::make_shared<outcome>();
  target.submit(std::make_unique<recorded_request>(first_loop, std::move(values), rows, result));
  target.dispatch();
  return result;
}

pid_t process_fixture::template_pid() const {
  return std::atoi(events.last("host_template_started", "pid").c_str());
}

std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(task.path() / "children");
    for (pid_t pid = 0; list >> pid;)
      found.push_back(pid);
  }
  return found;
}

} // namespace troupe
