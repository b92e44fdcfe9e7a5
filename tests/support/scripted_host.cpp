#include "tests/support/scripted_host.hpp"

#include "runtime/serving/host_geometry.hpp"

#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

namespace troupe {

bool echo(const work_page& work, done_page& done, std::byte* memory) {
  const auto& input = work.inputs[0];
  auto& output = done.outputs[0];
  output = input;
  output.offset = outputs_offset({work.input_bytes, work.output_bytes}, work.sequence);
  std::memcpy(memory + output.offset, memory + input.offset, input.size);
  done.sequence = work.sequence;
  done.status = static_cast<std::uint32_t>(done_status::outputs);
  done.output_count = 1;
  return true;
}

scripted_host::scripted_host(std::shared_ptr<pool> target, const clock& time, event_loop& owner, host_script script) {
  auto geometry = geometry_of(target->spec());
  auto memory = shared_memory::create(host_memory_size(geometry));
  unique_fd work(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  unique_fd done(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  memory_ = memory->data();
  memory_fd_.reset(::dup(memory->fd()));
  work_.reset(::dup(work.get()));
  done_.reset(::dup(done.get()));
  channel_ = host_channel::open({std::move(target), time, owner, std::move(*memory), geometry, std::move(work), std::move(done),
                                 [condemned = sentence_](const std::string& reason) {
                                   std::lock_guard lock(condemned->mutex);
                                   if (auto channel = condemned->channel.lock())
                                     channel->abandon(reason);
                                   condemned->reason = reason;
                                 }});
  {
    std::lock_guard lock(sentence_->mutex);
    sentence_->channel = channel_;
  }
  thread_ = std::thread([this, script = std::move(script)] { run(script); });
}

scripted_host::~scripted_host() {
  channel_->abandon("signal:9");
  stopping_ = true;
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(work_.get(), &one, sizeof one);
  thread_.join();
}

void scripted_host::run(const host_script& script) {
  auto& work = *reinterpret_cast<work_page*>(memory_ + work_page_offset);
  auto& done = *reinterpret_cast<done_page*>(memory_ + done_page_offset);
  for (;;) {
    pollfd bell{work_.get(), POLLIN, 0};
    ::poll(&bell, 1, -1);
    std::uint64_t count = 0;
    bool rang = ::read(work_.get(), &count, sizeof count) == sizeof count;
    if (stopping_) // looked at after the read, which may have taken the last ring
      return;
    if (!rang) // taken back by a channel that was abandoned
      continue;
    bool answered = script(work, done, memory_);
    served_ += answered ? 1 : 0;
    if (answered)
      ring();
  }
}

std::string scripted_host::condemned() const {
  std::lock_guard lock(sentence_->mutex);
  return sentence_->reason;
}

void scripted_host::ring() {
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(done_.get(), &one, sizeof one);
}

std::uint64_t scripted_host::resident_bytes() const {
  struct stat facts{};
  ::fstat(memory_fd_.get(), &facts);
  return static_cast<std::uint64_t>(facts.st_blocks) * 512;
}

} // namespace troupe
