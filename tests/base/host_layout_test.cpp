#define BOOST_TEST_MODULE host_layout
#include "runtime/base/host_layout.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <type_traits>

using namespace troupe;

// Node and host may be built by different compilers against different libraries, so what they share has no room for opinions.
static_assert(std::is_trivially_copyable_v<work_page> && std::is_standard_layout_v<work_page>);
static_assert(std::is_trivially_copyable_v<done_page> && std::is_standard_layout_v<done_page>);
static_assert(sizeof(host_tensor) == 88 && alignof(host_tensor) == 8);
static_assert(offsetof(host_tensor, type) == 16 && offsetof(host_tensor, dims) == 24);
static_assert(offsetof(work_page, rows) == 24 && offsetof(work_page, inputs) == 32 && sizeof(work_page) == 32 + 32 * 88);
static_assert(offsetof(done_page, status) == 16 && offsetof(done_page, text) == 32);
static_assert(offsetof(done_page, outputs) == 32 + 512 && sizeof(done_page) == 32 + 512 + 32 * 88);

BOOST_AUTO_TEST_CASE(outputs_of_two_turns_in_a_row_do_not_overlap_and_end_with_the_memory) {
  constexpr host_geometry geometry{8192, 4096};
  BOOST_TEST(outputs_offset(geometry, 2) == inputs_offset + geometry.input_bytes);
  BOOST_TEST(outputs_offset(geometry, 3) == outputs_offset(geometry, 2) + geometry.output_bytes);
  BOOST_TEST(outputs_offset(geometry, 4) == outputs_offset(geometry, 2));
  BOOST_TEST(outputs_offset(geometry, 3) + geometry.output_bytes == host_memory_size(geometry));
}

BOOST_AUTO_TEST_CASE(every_area_begins_where_a_tensor_may) {
  constexpr host_geometry geometry{8192, 4096};
  for (auto offset :
       {work_page_offset, done_page_offset, inputs_offset, outputs_offset(geometry, 0), outputs_offset(geometry, 1)})
    BOOST_TEST(offset % tensor_alignment == 0U);
}
