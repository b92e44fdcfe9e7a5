#include "runtime/serving/trial.hpp"

#include "runtime/base/byte_strings.hpp"
#include "runtime/base/zeros.hpp"
#include "runtime/policy/golden_check.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe {

namespace {

std::vector<tensor_view> inputs_of(const golden_case& one, const model_spec& spec) {
  std::vector<tensor_view> views;
  for (std::size_t i = 0; i < spec.inputs.size(); ++i)
    views.push_back(make_view(spec.inputs[i].type, one.inputs[i].dims, one.inputs[i].data.data(), one.inputs[i].data.size()));
  return views;
}

/// A batch of zeros, as large as one may be.
struct zeros {
  std::vector<tensor_view> inputs;
  std::vector<std::byte> numbers; ///< all inputs that aren't BYTES point here: one zero is like the other
  std::vector<std::byte> strings; ///< the others point here
  std::uint32_t rows = 0;
  bool guessed = false; ///< a dimension was free, or what a string says, and the model may not like what stands there
};

/// An input of zeros without its data.
tensor_view zeros_of(const tensor_spec& input, std::uint32_t rows) {
  auto dims = zeros_shape(input, rows);
  auto bytes = byte_size(input.type, dims.data(), dims.size()).value_or(0);
  if (input.type == datatype::bytes)
    bytes += bytes / byte_string_overhead * zero_byte_string.size();
  return make_view(input.type, dims, nullptr, bytes);
}

/// As many rows as max_batch and input_bytes allow, as the pool forms batches too.
std::uint32_t full_rows(const model_spec& spec) {
  if (spec.max_batch == 0)
    return 0;
  std::uint64_t row_bytes = 0;
  for (const auto& input : spec.inputs)
    row_bytes += zeros_of(input, 1).size;
  auto fit = spec.input_bytes_max / std::max<std::uint64_t>(row_bytes, 1);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(fit, 1, spec.max_batch));
}

zeros full_batch_of(const model_spec& spec) {
  zeros full;
  full.rows = full_rows(spec);
  std::uint64_t numbers = 0;
  std::uint64_t strings = 0;
  for (const auto& input : spec.inputs) {
    full.guessed = full.guessed || zeros_are_a_guess(input, full.rows);
    full.inputs.push_back(zeros_of(input, full.rows));
    auto& largest = input.type == datatype::bytes ? strings : numbers;
    largest = std::max(largest, full.inputs.back().size);
  }
  full.numbers.resize(numbers);
  full.strings = zero_byte_strings(strings / (byte_string_overhead + zero_byte_string.size()));
  for (auto& view : full.inputs)
    view.data = (view.type == datatype::bytes ? full.strings : full.numbers).data();
  return full;
}

bool raised_by_model(const error& failure) {
  return failure.code == error_code::model_failed && failure.message.rfind(model_raised, 0) == 0;
}

/// Goes through the cases, then the full batch. One batch is under way at a time and its request holds the trial, so whoever answers it is alone
/// here; nothing of the trial may be touched after a batch was started.
class trial : public std::enable_shared_from_this<trial> {
public:
  trial(std::shared_ptr<batch_runner> runner, trial_options options, const clock& time,
        std::function<void(result<trial_report>)> done)
    : runner_(std::move(runner)), options_(std::move(options)), time_(time), done_(std::move(done)) {}

  void go_on();
  void on_outputs(const std::vector<tensor_view>& outputs);
  void on_error(const error& failure);

private:
  std::size_t case_count() const { return options_.golden ? options_.golden->cases.size() : 0; }
  void run(std::vector<tensor_view> inputs, std::uint32_t rows);
  void note_time() { report_.slowest = std::max(report_.slowest, time_.now() - began_); }
  void end(result<trial_report> how);

  std::shared_ptr<batch_runner> runner_;
  const trial_options options_;
  const clock& time_;
  std::function<void(result<trial_report>)> done_;
  trial_report report_; ///< its cases count is the case under way
  std::optional<zeros> full_;
  steady_time began_{};
};

class trial_request final : public inference_request {
public:
  explicit trial_request(std::shared_ptr<trial> owner) : owner_(std::move(owner)) {}
  void on_outputs(const std::vector<tensor_view>& outputs) override { owner_->on_outputs(outputs); }
  void on_error(const error& failure) override { owner_->on_error(failure); }

private:
  std::shared_ptr<trial> owner_;
};

void trial::go_on() {
  if (report_.cases < case_count()) {
    const auto& next = options_.golden->cases[report_.cases];
    run(inputs_of(next, options_.spec), next.rows);
  } else if (options_.full_batch && !full_) {
    full_ = full_batch_of(options_.spec);
    run(full_->inputs, full_->rows);
  } else {
    end(report_);
  }
}

void trial::run(std::vector<tensor_view> inputs, std::uint32_t rows) {
  auto request = std::make_unique<trial_request>(shared_from_this());
  request->inputs = std::move(inputs);
  request->rows = rows;
  batch work;
  work.requests.push_back(std::move(request));
  work.rows = rows;
  work.trial = true;
  auto runner = runner_; // the trial may be over before start() returns
  began_ = time_.now();
  runner->start(std::move(work));
}

void trial::on_outputs(const std::vector<tensor_view>& outputs) {
  note_time();
  if (!full_) {
    if (auto fits = check_golden(options_.spec, *options_.golden, report_.cases, outputs); !fits)
      return end(fits.failure());
    ++report_.cases;
  }
  go_on();
}

void trial::on_error(const error& failure) {
  note_time();
  if (full_ && full_->guessed && raised_by_model(failure))
    return go_on();
  auto what = !full_             ? "golden.json: case " + std::to_string(report_.cases)
              : full_->rows == 0 ? "a run on zeros"
                                 : "a batch of " + std::to_string(full_->rows) + " rows of zeros";
  end(error{failure.code, what + ": " + failure.message});
}

void trial::end(result<trial_report> how) {
  runner_.reset();
  std::exchange(done_, nullptr)(std::move(how));
}

} // namespace

void start_trial(std::shared_ptr<batch_runner> runner, trial_options options, const clock& time,
                 std::function<void(result<trial_report>)> done) {
  std::make_shared<trial>(std::move(runner), std::move(options), time, std::move(done))->go_on();
}

} // namespace troupe
