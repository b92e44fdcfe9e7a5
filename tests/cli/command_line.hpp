#pragma once

#include "runtime/cli/npy.hpp"
#include "runtime/cli/run_cli.hpp"
#include "tests/cli/fake_node.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::test {

/// How often a text has that part.
inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

class fixed_clock final : public clock {
public:
  steady_time now() const override { return {}; }
  wall_time wall_now() const override { return wall_time(std::chrono::hours(1)); }
};

/// Arguments that are refused, and part of the message.
struct misuse {
  std::vector<const char*> arguments;
  const char* message;
};

inline std::ostream& operator<<(std::ostream& out, const misuse& row) {
  for (auto argument : row.arguments)
    out << argument << ' ';
  return out;
}

/// `troupe ARGUMENTS`, with its streams caught.
struct command_line {
  int run(std::vector<const char*> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(), "troupe");
    std::istringstream in(input);
    std::ostringstream results;
    std::ostringstream errors;
    fixed_clock time;
    console io{in, results, errors, false, false, time};
    auto code = run_cli(static_cast<int>(arguments.size()), arguments.data(), io, work());
    out = results.str();
    err = errors.str();
    return code;
  }

  local_work work() {
    auto run_node = [this](const node_arguments& told) {
      node = told;
      return 17;
    };
    auto restore = [this](const restore_arguments& told, const std::function<void(const restore_progress&)>& on_progress) {
      restored = told;
      on_progress({1, 2});
      return restore_outcome;
    };
    return {run_node, restore};
  }

  std::string out;
  std::string err;
  node_arguments node;
  restore_arguments restored;
  result<restore_report> restore_outcome = restore_report{"", 7, 2048, "2026-11-24T10:33:19Z"};
};

/// The same, told of a fake node.
struct connected : command_line {
  explicit connected(fake_node::generation built = fake_node::generation::today) : server({}, built) {
    setenv("TROUPE_NODE", server.address().c_str(), 1);
  }
  ~connected() { unsetenv("TROUPE_NODE"); }

  std::string file(const std::string& name, const std::string& content) {
    auto path = (folder.path() / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::string npy(const std::string& name, std::int64_t bytes = 2) {
    auto size = static_cast<std::size_t>(bytes);
    return file(name, to_npy({"", datatype::uint8, {1, bytes}, std::vector<std::byte>(size, std::byte{5})}));
  }

  std::string model() {
    file("model.pt", weights);
    file("model.toml", "[[inputs]]\nname = \"x\"\ndatatype = \"FP32\"\nshape = [4]\n"
                       "[[outputs]]\nname = \"y\"\ndatatype = \"FP32\"\nshape = [4]\n");
    return folder.path().string();
  }

  /// A golden.json for `model`, whose one input and output have these values.
  static std::string golden(const std::string& values) {
    auto tensor = [&](const std::string& name) {
      return R"([{"name": ")" + name + R"(", "datatype": "FP32", "shape": [4], "data": )" + values + "}]";
    };
    return R"({"cases": [{"inputs": )" + tensor("x") + R"(, "outputs": )" + tensor("y") + "}]}";
  }

  fake_node server;
  temporary_folder folder;
  std::string weights = std::string(2500, 'w');
};

} // namespace troupe::test
