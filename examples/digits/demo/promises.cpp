#include "examples/digits/demo/promises.hpp"

namespace troupe {

void promises::note(const std::string& what, const std::string& measured) {
  rows_.add({what, measured, "", ""});
}

void promises::check(const std::string& what, const std::string& measured, const std::string& promised, bool kept) {
  rows_.add({what, measured, promised, kept ? cell("kept", color::green) : cell("BROKEN", color::red)});
  broken_ += kept ? 0 : 1;
}

} // namespace troupe
