#define BOOST_TEST_MODULE error_text
#include "runtime/host/error_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

constexpr const char* native_error = R"(The following operation failed in the TorchScript interpreter.
Traceback of TorchScript, serialized code (most recent call last):
  File "code/__torch__.py", line 7, in forward
    x: Tensor) -> Tensor:
    return torch.matmul(x, self.weight)
           ~~~~~~~~~~~~ <--- HERE

Traceback of TorchScript, original code (most recent call last):
  File "/home/somebody/train.py", line 12, in forward
RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2)
)";

constexpr const char* with_native_stack = R"(PytorchStreamReader failed reading zip archive: failed finding central directory
Exception raised from valid at ../caffe2/serialize/inline_container.cc:177 (most recent call first):
frame #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x8b (0x7fb8)
)";

} // namespace

BOOST_AUTO_TEST_CASE(an_error_in_a_model_is_told_without_its_frames) {
  BOOST_TEST(error_text(native_error, 512) == "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2)");
}

BOOST_AUTO_TEST_CASE(a_models_own_exception_keeps_all_its_lines) {
  BOOST_TEST(error_text("Traceback\n  File \"x\"\nbuiltins.ValueError: first\nsecond\n", 512)
             == "builtins.ValueError: first\nsecond");
}

BOOST_AUTO_TEST_CASE(the_native_stack_is_never_told) {
  constexpr const char* expected = "PytorchStreamReader failed reading zip archive: failed finding central directory";
  BOOST_TEST(error_text(with_native_stack, 512) == expected);
  BOOST_TEST(load_error_text(with_native_stack, 512) == expected);
}

BOOST_AUTO_TEST_CASE(who_made_the_model_sees_its_frames) {
  BOOST_TEST(load_error_text(native_error, 4096).find("code/__torch__.py") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_text_is_cut_to_its_limit_and_never_empty) {
  BOOST_TEST(error_text("RuntimeError: a long story", 16) == "RuntimeError: a ");
  BOOST_TEST(error_text(" \n", 512) == "the model failed without a message");
}

BOOST_AUTO_TEST_CASE(a_failed_allocation_is_recognized) {
  BOOST_TEST(
      is_out_of_memory("[enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"));
  BOOST_TEST(is_out_of_memory("DefaultCPUAllocator: not enough memory: you tried to allocate 100 bytes"));
  BOOST_TEST(!is_out_of_memory("RuntimeError: shape '[3]' is invalid"));
}
