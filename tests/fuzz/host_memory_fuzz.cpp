#include "runtime/oip/infer_answer.hpp"
#include "runtime/serving/host_channel.hpp"
#include "runtime/serving/host_geometry.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/no_events.hpp"
#include "tests/support/sim_time.hpp"

#include <map>
#include <sys/eventfd.h>

namespace troupe {

namespace {

/// A loop that is the calling thread; it has no timers.
class here_loop final : public event_loop {
public:
  bool is_current() const override { return true; }
  void post(std::function<void()> task) override { task(); }
  void call_after(std::chrono::nanoseconds, std::function<void()>) override {}
  void watch(int fd, std::function<void()> on_ready) override { watched_[fd] = std::move(on_ready); }
  void unwatch(int fd) override {
    auto gone = std::move(watched_[fd]); // may own who calls
    watched_.erase(fd);
  }
  /// The descriptor's bell was rung.
  void ready(int fd) {
    if (auto found = watched_.find(fd); found != watched_.end())
      std::function<void()>(found->second)(); // a copy: it may be unwatched from within
  }

private:
  std::map<int, std::function<void()>> watched_;
};

/// Two outputs, the first of the datatype that is chosen, in areas of a page; with a batch if the choice is odd.
model_spec spec_of(std::uint8_t choice) {
  auto type = static_cast<datatype>(choice / 2);
  if (element_size(type) == 0)
    type = datatype::fp32;
  model_spec spec;
  spec.inputs = {{"x", datatype::uint8, {-1}}};
  spec.outputs = {{"a", type, {-1, 3}}, {"b", datatype::uint8, {-1}}};
  spec.max_batch = choice % 2 == 0 ? 0 : 4;
  spec.input_bytes_max = spec.output_bytes_max = host_page_size;
  spec.cache_bytes = 1 << 20;
  return spec;
}

constexpr std::size_t outputs_bytes = 64;

/// Moves so much of the input's front into memory.
void put(std::byte* into, std::size_t size, std::string_view& input) {
  size = std::min(size, input.size());
  input.copy(reinterpret_cast<char*>(into), size);
  input.remove_prefix(size);
}

/// Puts the input's front into the done page, as far as the page's status says that the node reads it.
void write_page(std::byte* page, std::string_view& input) {
  put(page, offsetof(done_page, text), input);
  if (reinterpret_cast<const done_page*>(page)->status == static_cast<std::uint32_t>(done_status::outputs))
    put(page + offsetof(done_page, outputs), 2 * sizeof(host_tensor), input);
  else
    put(page + offsetof(done_page, text), 16, input);
}

/// A replica whose host is the input: what it says stands in the shared memory turn after turn.
struct fuzzed_host {
  explicit fuzzed_host(std::uint8_t choice)
    : target(std::make_shared<pool>(version_id{"fuzzed", 1}, spec_of(choice), time, events)) {
    auto made = shared_memory::create(host_memory_size(geometry));
    require(made.ok(), "there is shared memory");
    memory = made->data();
    unique_fd done(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    bell = done.get();
    channel =
        host_channel::open({target, time, loop, std::move(*made), geometry, unique_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
                            std::move(done), [this](const std::string&) { condemned = true; }});
    target->attach(channel);
  }
  ~fuzzed_host() {
    channel->abandon("signal:9");
    target->close(true);
  }

  /// Where the outputs of the turn stand that is answered.
  std::byte* turn_area() const { return memory + outputs_offset(geometry, turn); }

  /// The host has its say on the batch that it was given last.
  void speak(std::string_view& input) {
    turn = reinterpret_cast<const work_page*>(memory + work_page_offset)->sequence;
    write_page(memory + done_page_offset, input);
    put(turn_area(), outputs_bytes, input);
    std::uint64_t one = 1;
    require(::write(bell, &one, sizeof one) == sizeof one, "the bell rings");
    loop.ready(bell);
  }

  sim_time time;
  no_events events;
  here_loop loop;
  std::shared_ptr<pool> target;
  const host_geometry geometry = geometry_of(target->spec());
  std::byte* memory = nullptr;
  int bell = -1;
  std::shared_ptr<host_channel> channel;
  std::uint64_t turn = 0;
  bool condemned = false;
};

/// Reads its outputs as the HTTP door does, while the host writes others over them.
class fuzzed_request final : public inference_request {
public:
  fuzzed_request(const fuzzed_host& host, std::string_view later, int& answered)
    : host_(host), later_(later), answered_(answered) {
    tensor_view view;
    view.type = datatype::uint8;
    view.rank = 1;
    view.dims[0] = 2;
    view.data = reinterpret_cast<const std::byte*>("xy");
    view.size = 2;
    inputs = {view};
    rows = host.target->spec().max_batch > 0 ? 2 : 0;
    deadline = host.time.now() + std::chrono::minutes(1);
  }

  void on_outputs(const std::vector<tensor_view>& outputs) override {
    ++answered_;
    for (const auto& output : outputs)
      check_output(output);
    write_answer(outputs);
    later_.copy(reinterpret_cast<char*>(host_.turn_area()), host_.geometry.output_bytes);
    write_answer(outputs);
    for (const auto& output : outputs)
      check_output(output);
  }
  void on_error(const error& failure) override {
    ++answered_;
    require(!failure.message.empty(), "a refusal says why");
  }

private:
  /// Strings are the node's own, for a host could change their lengths.
  void check_output(const tensor_view& output) const {
    require(is_whole(output), "size, shape and strings agree");
    auto area = host_.turn_area();
    bool inside = output.data >= area && output.data + output.size <= area + host_.geometry.output_bytes;
    require(inside == (output.type != datatype::bytes), "an output lies in its area, and strings elsewhere");
  }

  void write_answer(const std::vector<tensor_view>& outputs) const {
    const auto& spec = host_.target->spec();
    auto classes = outputs[0].type == datatype::bytes ? 0U : 2U;
    for (wanted_output first : {wanted_output{0, false, 0}, wanted_output{0, true, 0}, wanted_output{0, false, classes}}) {
      infer_query asked;
      asked.outputs = {first, {1, false, 0}};
      auto answer = write_infer_answer(asked, spec, host_.target->id(), outputs);
      require(answer || outputs[0].type == datatype::bytes, "an answer is written, but for strings that JSON can't carry");
    }
  }

  const fuzzed_host& host_;
  std::string_view later_;
  int& answered_;
};

} // namespace

/// What a host writes: one byte that chooses the model, done pages with a turn's outputs behind each. Whatever it says, each request is answered
/// once, with outputs that lie in the turn's area or an error.
void fuzz_one(std::string_view input) {
  constexpr int turns_max = 4;
  int submitted = 0;
  int answered = 0;
  {
    fuzzed_host host(take<std::uint8_t>(input));
    for (; submitted < 2; ++submitted)
      host.target->submit(std::make_unique<fuzzed_request>(host, input, answered));
    host.target->dispatch();
    for (int turn = 0; turn < turns_max && !host.condemned && !input.empty(); ++turn)
      host.speak(input);
  }
  require(answered == submitted, "each request is answered once");
}

} // namespace troupe
