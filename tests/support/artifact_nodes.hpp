#pragma once

#include "actors/transport.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// Other nodes, which have artifacts and are asked for nothing else. One thread.
class artifact_nodes final : public transport {
public:
  struct node {
    std::map<std::string, std::string> artifacts;                      ///< by hash
    std::size_t pieces_left = std::numeric_limits<std::size_t>::max(); ///< then it is gone
    std::uint32_t piece_bytes_max = 1 << 20;
    bool silent = false; ///< answers when the test says so
  };
  struct question {
    std::string node_id;
    read_artifact what;
  };

  std::map<std::string, node> nodes;
  std::vector<question> questions; ///< all that were asked

  void ask(const peer_address& whom, peer_question what, std::chrono::milliseconds,
           std::function<void(result<peer_answer>)> told) override {
    questions.push_back({whom.node_id, std::get<read_artifact>(what)});
    if (nodes[whom.node_id].silent)
      unanswered_.emplace_back(questions.back(), std::move(told));
    else
      told(answer_to(questions.back()));
  }
  void hang_up(const std::string&) override {}

  /// Silent nodes answer what they were asked.
  void answer_all() {
    for (auto& [asked, told] : std::exchange(unanswered_, {}))
      told(answer_to(asked));
  }
  /// The same, of the first of these questions.
  void answer_first() {
    auto [asked, told] = std::move(unanswered_.front());
    unanswered_.erase(unanswered_.begin());
    told(answer_to(asked));
  }
  /// Of these questions, those for pieces to one node.
  std::vector<std::uint64_t> offsets_asked_of(const std::string& node_id) const {
    std::vector<std::uint64_t> offsets;
    for (const auto& each : questions)
      if (each.node_id == node_id && each.what.bytes > 0)
        offsets.push_back(each.what.offset);
    return offsets;
  }
  std::size_t asked(const std::string& node_id) const {
    return static_cast<std::size_t>(
        std::count_if(questions.begin(), questions.end(), [&](const auto& each) { return each.node_id == node_id; }));
  }

private:
  result<peer_answer> answer_to(const question& asked) {
    auto& answering = nodes[asked.node_id];
    auto found = answering.artifacts.find(asked.what.sha256);
    if (found == answering.artifacts.end())
      return error{error_code::not_found, "this node has no such artifact"};
    if (asked.what.bytes > 0 && answering.pieces_left-- == 0) {
      answering.pieces_left = 0;
      return error{error_code::unavailable, "the connection broke"};
    }
    auto bytes = std::min(asked.what.bytes, answering.piece_bytes_max);
    auto piece = asked.what.offset < found->second.size() ? found->second.substr(asked.what.offset, bytes) : std::string();
    return peer_answer(artifact_piece{found->second.size(), std::make_shared<const std::string>(std::move(piece))});
  }

  std::vector<std::pair<question, std::function<void(result<peer_answer>)>>> unanswered_;
};

} // namespace troupe
