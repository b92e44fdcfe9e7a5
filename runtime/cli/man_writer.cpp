#include "runtime/base/text_file.hpp"
#include "runtime/cli/man_page.hpp"
#include "runtime/cli/run_cli.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

constexpr std::size_t example_bytes_max = 256 << 10;

/// troupe_man_writer FOLDER EXAMPLE: writes the man pages of this very command line, and that of the config file from its example.
int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: troupe_man_writer FOLDER examples/troupe.toml\n", stderr);
    return 2;
  }
  auto example = troupe::read_text_file(argv[2], example_bytes_max);
  if (!example) {
    std::fprintf(stderr, "error: %s\n", example.failure().message.c_str());
    return 1;
  }
  auto pages = troupe::man_pages(troupe::cli_outline(), TROUPE_VERSION);
  pages.push_back(troupe::config_man_page(*example, TROUPE_VERSION));
  std::filesystem::create_directories(argv[1]);
  for (const auto& page : pages)
    if (!(std::ofstream(std::filesystem::path(argv[1]) / page.file) << page.text << std::flush)) {
      std::fprintf(stderr, "error: can't write %s in %s\n", page.file.c_str(), argv[1]);
      return 1;
    }
  return 0;
}
