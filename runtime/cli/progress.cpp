#include "runtime/cli/progress.hpp"

#include <algorithm>
#include <ostream>

namespace troupe {

namespace {

constexpr std::uint64_t bar_width = 24;
constexpr std::chrono::milliseconds redraw_interval{100};
constexpr const char* wipe_line = "\r\x1b[K";

} // namespace

std::string progress_line(const std::string& label, std::uint64_t done, std::uint64_t total, const std::string& amount) {
  auto share = total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  auto filled = static_cast<std::size_t>(share * bar_width);
  auto percent = std::to_string(static_cast<int>(share * 100));
  return label + "  [" + std::string(filled, '#') + std::string(bar_width - filled, '-') + "]  "
         + std::string(3 - percent.size(), ' ') + percent + " %  " + amount;
}

progress::~progress() {
  if (drawn_ != steady_time{})
    io_.err << wipe_line << std::flush;
}

bool progress::due() const {
  return io_.err_is_terminal && (drawn_ == steady_time{} || io_.time.now() - drawn_ >= redraw_interval);
}

void progress::show(std::uint64_t done, const std::string& amount) {
  if (!due())
    return;
  drawn_ = io_.time.now();
  io_.err << wipe_line << progress_line(label_, done, total_, amount) << std::flush;
}

} // namespace troupe
