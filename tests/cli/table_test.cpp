#define BOOST_TEST_MODULE table
#include "runtime/cli/table.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_their_widest_cell_and_lines_end_without_blanks) {
  table rows({{"NAME"}, {"COUNT", true}, {"STATE"}});
  rows.add({"digits", "7", "live"});
  rows.add({"a", "123456", ""});
  BOOST_TEST(rows.render(false)
             == "NAME     COUNT  STATE\n"
                "digits       7  live\n"
                "a       123456\n");
}

BOOST_AUTO_TEST_CASE(a_table_without_rows_is_its_titles) {
  BOOST_TEST(table({{"A"}, {"B"}}).render(false) == "A  B\n");
}

BOOST_AUTO_TEST_CASE(width_counts_characters_not_bytes) {
  table rows({{"TREE"}, {"AGE", true}});
  rows.add({"└─ höst", "3 µs"});
  rows.add({"a", "12 ms"});
  BOOST_TEST(rows.render(false)
             == "TREE       AGE\n"
                "└─ höst   3 µs\n"
                "a        12 ms\n");
}

BOOST_AUTO_TEST_CASE(colors_do_not_move_columns) {
  table rows({{"STATE"}, {"N"}});
  rows.add({state_cell("live"), "1"});
  rows.add({state_cell("failed"), "2"});
  rows.add({state_cell("novel"), "3"});
  BOOST_TEST(rows.render(true)
             == "STATE   N\n"
                "\x1b[32mlive\x1b[0m    1\n"
                "\x1b[31mfailed\x1b[0m  2\n"
                "novel   3\n");
}

BOOST_AUTO_TEST_CASE(what_a_node_sends_cannot_steer_the_terminal) {
  table rows({{"REASON"}});
  rows.add({"a\x1b[2J\nb\x7f"});
  BOOST_TEST(rows.render(true) == "REASON\na?[2J?b?\n");
}
