#include "tests/support/headers.hpp"
