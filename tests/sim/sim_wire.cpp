#include "tests/sim/sim_wire.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// Of one way, in one building.
constexpr auto delay_least = 100us;
constexpr auto delay_most = 2ms;

} // namespace

void sim_wire::send(machine_number from, machine_number to, std::function<void()> arrive, bool may_double) {
  if (!reaches(from, to) || random_.chance(faults.lost))
    return;
  carry(from, to, arrive);
  if (may_double && random_.chance(faults.doubled))
    carry(from, to, arrive);
}

void sim_wire::carry(machine_number from, machine_number to, const std::function<void()>& arrive) {
  time_.after(draw_delay(), [this, from, to, arrive] {
    if (reaches(from, to))
      arrive();
  });
}

std::chrono::nanoseconds sim_wire::draw_delay() {
  auto between = [this](std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
    return least + std::chrono::nanoseconds(random_.below(static_cast<std::uint64_t>((most - least).count())));
  };
  auto delay = between(delay_least, delay_most);
  return random_.chance(faults.late) ? delay + between(0ns, faults.late_by_max) : delay;
}

} // namespace troupe
