#pragma once

#include <string>
#include <vector>

namespace troupe::bench {

/// One line of the closing table. A figure that has no place in a line is "".
struct finding {
  std::string measure;
  std::string goal;
  std::string measured;
  std::string floor;
  std::string ratio; ///< measured to floor
  bool met = false;
};

/// "12.3", with so many digits that three or so tell something.
std::string number(double value);
/// "12.3 µs", "4.5 ms"
std::string micros(double value);
/// "1.23 ×"
std::string times(double ratio);
/// "12.3 MB" (10^6 bytes)
std::string megabytes(double bytes);

std::string render(const std::vector<finding>& findings);

} // namespace troupe::bench
