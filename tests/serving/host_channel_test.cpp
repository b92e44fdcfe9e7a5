#define BOOST_TEST_MODULE host_channel
#include "runtime/serving/host_geometry.hpp"
#include "tests/support/byte_strings_of.hpp"
#include "tests/support/collected_events.hpp"
#include "tests/support/recorded_request.hpp"
#include "tests/support/scripted_host.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <future>
#include <sys/eventfd.h>

using namespace troupe;

namespace {

model_spec identity_spec() {
  model_spec spec;
  spec.inputs = {{"x", datatype::fp32, {-1, 2}}};
  spec.outputs = {{"y", datatype::fp32, {-1, 2}}};
  spec.max_batch = 8;
  return spec;
}

/// A pool, a loop and requests; hosts are attached by the tests.
struct fixture {
  explicit fixture(const model_spec& spec = identity_spec())
    : target(std::make_shared<pool>(version_id{"m", 1}, spec, time, events)) {}

  std::unique_ptr<scripted_host> host(host_script script) {
    return std::make_unique<scripted_host>(target, time, loop, std::move(script));
  }
  bool sends_copies = false;

  std::shared_ptr<outcome> submit(std::vector<float> values, std::uint32_t rows = 1, std::function<void()> before_outputs = {}) {
    auto result = std::make_shared<outcome>();
    auto request = std::make_unique<recorded_request>(loop, std::move(values), rows, result);
    request->before_outputs = std::move(before_outputs);
    request->is_copy = sends_copies;
    target->submit(std::move(request));
    return result;
  }
  std::shared_ptr<outcome> ask(std::vector<float> values, std::uint32_t rows = 1) {
    auto result = submit(std::move(values), rows);
    target->dispatch();
    return result;
  }

  real_clock time;
  collected_events events;
  test_loop loop;
  std::shared_ptr<pool> target;
};

/// A channel whose host takes nothing, as one that is dead already.
std::shared_ptr<host_channel> deaf_channel(fixture& f) {
  auto geometry = geometry_of(f.target->spec());
  auto memory = shared_memory::create(host_memory_size(geometry));
  auto bell = [] { return unique_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); };
  return host_channel::open({f.target, f.time, f.loop, std::move(*memory), geometry, bell(), bell(), [](const std::string&) {}});
}

/// Reports a failure of the model, unless `innocent` says that the batch is fine.
host_script failing(std::function<bool(const float*, std::uint32_t rows)> innocent, done_status status, std::string text) {
  return [innocent, status, text](const work_page& work, done_page& done, std::byte* memory) {
    if (innocent(reinterpret_cast<const float*>(memory + work.inputs[0].offset), work.rows))
      return echo(work, done, memory);
    done.sequence = work.sequence;
    done.status = static_cast<std::uint32_t>(status);
    done.text_size = static_cast<std::uint32_t>(text.size());
    std::memcpy(done.text, text.data(), text.size());
    return true;
  };
}

bool no_one(const float*, std::uint32_t) {
  return false;
}

struct lie {
  const char* name;
  const char* found; ///< part of the reason
  void (*tell)(const work_page& work, done_page& done);
};

std::ostream& operator<<(std::ostream& out, const lie& l) {
  return out << l.name;
}

const lie lies[] = {
    {"old sequence", "answers batch", [](const work_page&, done_page& d) { --d.sequence; }},
    {"future sequence", "answers batch", [](const work_page&, done_page& d) { d.sequence += 2; }},
    {"ready again", "status 0", [](const work_page&, done_page& d) { d.status = 0; }},
    {"unknown status", "status 4", [](const work_page&, done_page& d) { d.status = 4; }},
    {"huge status", "status 4294967295", [](const work_page&, done_page& d) { d.status = ~0U; }},
    {"no outputs", "0 outputs", [](const work_page&, done_page& d) { d.output_count = 0; }},
    {"too many outputs", "33 outputs", [](const work_page&, done_page& d) { d.output_count = host_tensors_max + 1; }},
    {"wrong datatype", "wrong datatype", [](const work_page&, done_page& d) { d.outputs[0].type = 5; }},
    {"unknown datatype", "wrong datatype", [](const work_page&, done_page& d) { d.outputs[0].type = 999; }},
    {"rank too small", "wrong rank", [](const work_page&, done_page& d) { d.outputs[0].rank = 1; }},
    {"rank beyond the array", "wrong rank", [](const work_page&, done_page& d) { d.outputs[0].rank = 65535; }},
    {"one row too few", "wrong shape", [](const work_page&, done_page& d) { --d.outputs[0].dims[0]; }},
    {"negative rows", "wrong shape", [](const work_page&, done_page& d) { d.outputs[0].dims[0] = -1; }},
    {"wrong columns", "wrong shape", [](const work_page&, done_page& d) { d.outputs[0].dims[1] = 3; }},
    {"size too small", "size and shape disagree", [](const work_page&, done_page& d) { d.outputs[0].size -= 4; }},
    {"size too large", "size and shape disagree", [](const work_page&, done_page& d) { d.outputs[0].size = ~0ULL; }},
    {"unaligned offset", "outside", [](const work_page&, done_page& d) { d.outputs[0].offset += 4; }},
    {"offset of the work page", "outside", [](const work_page&, done_page& d) { d.outputs[0].offset = 0; }},
    {"offset of the inputs", "outside", [](const work_page&, done_page& d) { d.outputs[0].offset = inputs_offset; }},
    {"the other turn's area", "outside",
     [](const work_page& w, done_page& d) {
       d.outputs[0].offset = outputs_offset({w.input_bytes, w.output_bytes}, w.sequence + 1);
     }},
    {"offset behind the memory", "outside",
     [](const work_page& w, done_page& d) { d.outputs[0].offset = host_memory_size({w.input_bytes, w.output_bytes}); }},
    {"last byte over the end", "outside", [](const work_page& w, done_page& d) { d.outputs[0].offset += w.output_bytes; }},
    {"offset that overflows", "outside", [](const work_page&, done_page& d) { d.outputs[0].offset = ~63ULL; }},
    {"text too long", "text of 513 bytes",
     [](const work_page&, done_page& d) {
       d.status = static_cast<std::uint32_t>(done_status::failed);
       d.text_size = host_error_bytes_max + 1;
     }},
    {"text of 4 GB, out of memory", "text of 4294967295 bytes",
     [](const work_page&, done_page& d) {
       d.status = static_cast<std::uint32_t>(done_status::exhausted);
       d.text_size = ~0U;
     }},
};

} // namespace

BOOST_DATA_TEST_CASE(a_lie_condemns_its_host_and_the_request_is_served_by_another, boost::unit_test::data::make(lies), sample) {
  fixture f;
  auto liar = f.host([tell = sample.tell](const work_page& work, done_page& done, std::byte* memory) {
    echo(work, done, memory);
    tell(work, done);
    return true;
  });
  f.target->attach(liar->channel());
  auto asked = f.ask({1, 2});
  BOOST_REQUIRE(eventually([&] { return !liar->condemned().empty(); }));
  BOOST_TEST(liar->condemned().find("bad_reply: ") == 0U);
  BOOST_TEST(liar->condemned().find(sample.found) != std::string::npos, liar->condemned());
  BOOST_TEST(asked->times == 0);
  auto honest = f.host(echo);
  f.target->attach(honest->channel());
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST((asked->values == std::vector<float>{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_ring_without_a_batch_condemns_the_host) {
  fixture f;
  auto host = f.host(echo);
  host->ring();
  BOOST_TEST(eventually([&] { return host->condemned() == "bad_reply: rang without a batch"; }));
}

BOOST_AUTO_TEST_CASE(a_batch_is_counted_in_all_its_parts) {
  fixture f;
  auto host = f.host(echo);
  auto one = f.submit({1, 2});
  auto two = f.submit({3, 4, 5, 6}, 2);
  f.target->attach(host->channel());
  BOOST_REQUIRE(one->wait());
  BOOST_REQUIRE(two->wait());
  BOOST_REQUIRE(eventually([&] { return f.target->statistics().compute_output.ns > 0; })); // ends after the answers
  auto found = f.target->statistics();
  BOOST_TEST(found.success.count == 2U);
  BOOST_TEST(found.executions == 1U);
  BOOST_TEST(found.inferences == 3U);
  BOOST_TEST(found.compute_input.ns > 0U);
  BOOST_TEST(found.compute_infer.ns > 0U);
  BOOST_TEST(found.last_inference.has_value());
}

BOOST_AUTO_TEST_CASE(with_an_order_to_keep_the_next_batch_begins_after_the_answers) {
  auto spec = identity_spec();
  spec.max_batch = 1;
  spec.batching.preserve_order = true;
  fixture f(spec);
  auto host = f.host(echo);
  bool second_waited = false;
  auto one = f.submit({1, 2}, 1, [&] { second_waited = f.target->count().queued_rows == 1; });
  auto two = f.submit({3, 4});
  f.target->attach(host->channel());
  BOOST_REQUIRE(two->wait());
  BOOST_TEST(one->times == 1);
  BOOST_TEST(second_waited);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_model_reaches_the_caller_without_control_characters) {
  fixture f;
  auto host = f.host(failing(no_one, done_status::failed, "bad\n\x1b[31m input \xff"));
  f.target->attach(host->channel());
  auto asked = f.ask({1, 2});
  BOOST_REQUIRE(asked->wait());
  BOOST_REQUIRE(asked->failure.has_value());
  BOOST_TEST((asked->failure->code == error_code::model_failed));
  BOOST_TEST(asked->failure->message == "the model failed: bad  [31m input ?");
  BOOST_TEST(f.target->count().failures == 1U);
}

BOOST_AUTO_TEST_CASE(running_out_of_memory_says_which_limit_it_was) {
  fixture f;
  auto host = f.host(failing(no_one, done_status::exhausted, "alloc"));
  f.target->attach(host->channel());
  auto asked = f.ask({1, 2});
  BOOST_REQUIRE(asked->wait());
  BOOST_REQUIRE(asked->failure.has_value());
  BOOST_TEST((asked->failure->code == error_code::model_failed));
  BOOST_TEST(asked->failure->message.find("limits.memory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_guilty_request_of_a_batch_fails_alone) {
  fixture f;
  auto innocent = [](const float* values, std::uint32_t rows) {
    return std::find(values, values + 2 * rows, -1.0F) == values + 2 * rows;
  };
  auto host = f.host(failing(innocent, done_status::failed, "negative"));
  auto first = f.submit({1, 2});
  auto guilty = f.submit({-1, 3});
  auto last = f.submit({4, 5});
  f.target->attach(host->channel());
  BOOST_REQUIRE(first->wait() && guilty->wait() && last->wait());
  BOOST_TEST((first->values == std::vector<float>{1, 2}));
  BOOST_TEST((last->values == std::vector<float>{4, 5}));
  BOOST_TEST(guilty->failure.has_value());
  BOOST_TEST(host->served() == 4U); // all together, then each alone
}

BOOST_AUTO_TEST_CASE(requests_of_a_batch_each_get_their_own_rows) {
  fixture f;
  auto host = f.host(echo);
  auto one = f.submit({1, 2});
  auto two = f.submit({3, 4, 5, 6}, 2);
  auto three = f.submit({7, 8});
  f.target->attach(host->channel());
  BOOST_REQUIRE(one->wait() && two->wait() && three->wait());
  BOOST_TEST((one->values == std::vector<float>{1, 2}));
  BOOST_TEST((two->values == std::vector<float>{3, 4, 5, 6}));
  BOOST_TEST((three->values == std::vector<float>{7, 8}));
  BOOST_TEST(host->served() == 1U);
  BOOST_TEST(f.target->count().requests == 3U);
}

BOOST_AUTO_TEST_CASE(the_host_runs_the_next_batch_while_the_last_is_answered) {
  auto spec = identity_spec();
  spec.max_batch = 1;
  fixture f(spec);
  auto host = f.host(echo);
  bool overlapped = false;
  auto first = f.submit({1, 2}, 1, [&] { overlapped = eventually([&] { return host->served() == 2; }); });
  auto second = f.submit({3, 4});
  f.target->attach(host->channel());
  BOOST_REQUIRE(first->wait() && second->wait());
  BOOST_TEST(overlapped);
  BOOST_TEST((first->values == std::vector<float>{1, 2})); // the second batch's outputs went elsewhere
  BOOST_TEST((second->values == std::vector<float>{3, 4}));
}

BOOST_AUTO_TEST_CASE(a_model_without_a_batch_dimension_gets_one_request_at_a_time) {
  auto spec = identity_spec();
  spec.max_batch = 0;
  spec.input_bytes_max = spec.output_bytes_max = 64;
  fixture f(spec);
  auto host = f.host(echo);
  f.target->attach(host->channel());
  auto result = std::make_shared<outcome>();
  auto request = std::make_unique<recorded_request>(f.loop, std::vector<float>{1, 2, 3, 4}, 2, result);
  request->rows = 0;
  f.target->submit(std::move(request));
  f.target->dispatch();
  BOOST_REQUIRE(result->wait());
  BOOST_TEST((result->values == std::vector<float>{1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(a_dead_channel_gives_its_batch_back_and_leaves_the_pool) {
  fixture f;
  auto dead = f.host(echo);
  dead->channel()->abandon("signal:9");
  f.target->attach(dead->channel());
  auto asked = f.ask({1, 2});
  BOOST_TEST(f.target->count().runners == 0U);
  auto alive = f.host(echo);
  f.target->attach(alive->channel());
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST((asked->values == std::vector<float>{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_request_that_two_hosts_died_with_is_poisoned) {
  fixture f;
  std::promise<void> taken_by[2];
  auto silent = [](std::promise<void>& taken) {
    return [&taken](const work_page&, done_page&, std::byte*) { return taken.set_value(), false; };
  };
  auto first = f.host(silent(taken_by[0]));
  auto second = f.host(silent(taken_by[1]));
  f.target->attach(first->channel());
  auto asked = f.ask({1, 2});
  taken_by[0].get_future().wait();
  first->channel()->abandon("signal:11");
  BOOST_TEST(asked->times == 0);
  f.target->attach(second->channel());
  taken_by[1].get_future().wait();
  second->channel()->abandon("signal:11");
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST((asked->failure->code == error_code::poisoned));
}

BOOST_AUTO_TEST_CASE(a_request_whose_hosts_were_dead_before_they_heard_of_it_is_not_poisoned) {
  fixture f;
  auto asked = f.ask({1, 2});
  for (int i = 0; i < 3; ++i) {
    auto deaf = deaf_channel(f);
    f.target->attach(deaf);
    deaf->abandon("signal:9");
    BOOST_TEST(asked->times == 0);
  }
  auto alive = f.host(echo);
  f.target->attach(alive->channel());
  BOOST_REQUIRE(asked->wait());
  BOOST_TEST((asked->values == std::vector<float>{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_batch_is_overdue_once_its_time_is_up_and_an_idle_channel_never_is) {
  fixture f;
  auto silent = f.host([](const work_page&, done_page&, std::byte*) { return false; });
  f.target->attach(silent->channel());
  auto timeout = f.target->spec().batch_timeout;
  BOOST_TEST(!silent->channel()->overdue(f.time.now() + 10 * timeout));
  f.ask({1, 2});
  BOOST_TEST(!silent->channel()->overdue(f.time.now() + timeout / 2));
  BOOST_TEST(silent->channel()->overdue(f.time.now() + 2 * timeout));
}

BOOST_AUTO_TEST_CASE(a_batch_of_copies_has_time_since_its_host_may_have_idle_priority) {
  fixture f;
  f.sends_copies = true;
  auto silent = f.host([](const work_page&, done_page&, std::byte*) { return false; });
  f.target->attach(silent->channel());
  auto timeout = f.target->spec().batch_timeout;
  f.ask({1, 2});
  BOOST_TEST(!silent->channel()->overdue(f.time.now() + 50 * timeout));
  BOOST_TEST(silent->channel()->overdue(f.time.now() + 61 * timeout));
  f.submit({3, 4});
  BOOST_TEST(!silent->channel()->overdue(f.time.now() + 50 * timeout)); // another copy may wait
  f.sends_copies = false;
  f.submit({5, 6});
  BOOST_TEST(silent->channel()->overdue(f.time.now() + 2 * timeout)); // a request may not
}

BOOST_AUTO_TEST_CASE(a_batch_gets_more_time_for_a_pause_in_which_nobody_looked) {
  fixture f;
  auto silent = f.host([](const work_page&, done_page&, std::byte*) { return false; });
  f.target->attach(silent->channel());
  auto timeout = f.target->spec().batch_timeout;
  silent->channel()->extend(timeout); // nothing is under way
  f.ask({1, 2});
  silent->channel()->extend(3 * timeout);
  BOOST_TEST(!silent->channel()->overdue(f.time.now() + 3 * timeout));
  BOOST_TEST(silent->channel()->overdue(f.time.now() + 5 * timeout));
}

BOOST_AUTO_TEST_CASE(a_reply_and_a_death_that_race_answer_each_request_once) {
  fixture f;
  for (int round = 0; round < 500; ++round) {
    auto doomed = f.host(echo);
    f.target->attach(doomed->channel());
    auto one = f.submit({1, 2});
    auto two = f.submit({3, 4});
    std::promise<void> go;
    std::thread killer([&doomed, ready = go.get_future().share()] {
      ready.wait();
      doomed->channel()->abandon("signal:9");
    });
    go.set_value();
    f.target->dispatch();
    killer.join();
    auto spare = f.host(echo);
    f.target->attach(spare->channel());
    BOOST_REQUIRE(one->wait() && two->wait());
    BOOST_TEST((one->values == std::vector<float>{1, 2}));
    BOOST_TEST((two->values == std::vector<float>{3, 4}));
    spare->channel()->abandon("signal:9");
    doomed.reset();
    f.loop.run([] {}); // whatever was under way is over
    BOOST_REQUIRE(one->times == 1 && two->times == 1);
  }
}

BOOST_AUTO_TEST_CASE(the_memory_of_a_large_batch_is_given_back_once_the_channel_is_idle) {
  constexpr std::int64_t columns = 1 << 20;
  auto spec = identity_spec();
  spec.inputs[0].dims[1] = spec.outputs[0].dims[1] = columns;
  fixture f(spec);
  auto host = f.host(echo);
  f.target->attach(host->channel());
  auto asked = f.ask(std::vector<float>(columns, 7.0F));
  BOOST_REQUIRE(asked->wait());
  auto now = f.time.now();
  host->channel()->trim(now);
  host->channel()->trim(now + host_channel::trim_after / 2);
  BOOST_TEST(host->resident_bytes() >= columns * sizeof(float));
  BOOST_TEST(eventually([&] {
    now += host_channel::trim_after; // the answer may still be on its way out at the first look
    host->channel()->trim(now);
    return host->resident_bytes() <= 2 * host_page_size;
  }));
  auto again = f.ask(std::vector<float>(columns, 8.0F));
  BOOST_REQUIRE(again->wait());
  BOOST_TEST(again->values.back() == 8.0F);
}

BOOST_AUTO_TEST_CASE(memory_is_as_large_as_the_shapes_ask_for_and_never_larger_than_the_limits) {
  auto spec = identity_spec();
  BOOST_TEST(geometry_of(spec).input_bytes == host_page_size);
  spec.inputs[0].dims[1] = 784;
  BOOST_TEST(geometry_of(spec).input_bytes == 28672U); // 8 rows of 3136 bytes, in whole pages
  spec.inputs[0].dims[1] = -1;
  spec.input_bytes_max = 1 << 20;
  BOOST_TEST(geometry_of(spec).input_bytes == (1U << 20) + host_page_size); // and room to align
  spec.inputs[0].dims[1] = std::int64_t{1} << 60;
  BOOST_TEST(geometry_of(spec).input_bytes == (1U << 20) + host_page_size);
  spec.input_bytes_max = ~0ULL;
  BOOST_TEST(geometry_of(spec).input_bytes == host_area_bytes_max + host_page_size);
}

namespace {

/// A batch of so many requests of one string each for a host that answers with `texts`.
std::vector<std::shared_ptr<outcome>> ask_for_texts(fixture& f, std::size_t requests) {
  static const auto one = byte_strings_of({"x"});
  std::vector<std::shared_ptr<outcome>> asked;
  for (std::size_t i = 0; i < requests; ++i) {
    asked.push_back(std::make_shared<outcome>());
    auto request = std::make_unique<recorded_request>(f.loop, std::vector<float>(), 1, asked.back());
    request->inputs = {make_view(datatype::bytes, {1, 1}, one.data(), one.size())};
    f.target->submit(std::move(request));
  }
  f.target->dispatch();
  return asked;
}

model_spec texts_spec() {
  model_spec spec;
  spec.inputs = {{"x", datatype::bytes, {-1, 1}}};
  spec.outputs = {{"y", datatype::bytes, {-1, 1}}};
  spec.max_batch = 8;
  return spec;
}

host_script giving(std::vector<std::byte> texts) {
  return [texts = std::move(texts)](const work_page& work, done_page& done, std::byte* memory) {
    echo(work, done, memory);
    done.outputs[0].size = texts.size();
    std::copy(texts.begin(), texts.end(), memory + done.outputs[0].offset);
    return true;
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(each_request_of_a_batch_gets_its_own_texts) {
  fixture f(texts_spec());
  auto host = f.host(giving(byte_strings_of({"long one", "", "b"})));
  f.target->attach(host->channel());
  auto asked = ask_for_texts(f, 3);
  const std::string_view expected[] = {"long one", "", "b"};
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_REQUIRE(asked[i]->wait());
    BOOST_TEST((asked[i]->bytes == byte_strings_of({expected[i]})));
  }
}

BOOST_AUTO_TEST_CASE(a_host_whose_texts_are_cut_off_or_too_few_is_condemned) {
  auto cut = byte_strings_of({"one", "two", "three"});
  cut.pop_back();
  for (const auto& texts : {cut, byte_strings_of({"one"}), byte_strings_of({"one", "two", "three", "four"})}) {
    fixture f(texts_spec());
    auto host = f.host(giving(texts));
    f.target->attach(host->channel());
    ask_for_texts(f, 3);
    BOOST_TEST(eventually([&] { return !host->condemned().empty(); }));
  }
}
