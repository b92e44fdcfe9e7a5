#pragma once

#include "actors/transport.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// Keeps what other nodes are asked until the test answers for them. One thread.
class hand_transport final : public transport {
public:
  struct question {
    peer_address whom;
    peer_question what;
    std::function<void(result<peer_answer>)> told;
  };

  std::vector<question> asked; ///< and not answered
  std::vector<std::string> hung_up;

  void ask(const peer_address& whom, peer_question what, std::chrono::milliseconds,
           std::function<void(result<peer_answer>)> told) override {
    asked.push_back({whom, std::move(what), std::move(told)});
  }
  void hang_up(const std::string& node_id) override { hung_up.push_back(node_id); }

  /// Answers all that is asked now and of this kind, with an answer or an error; questions that follow wait.
  template <class Question, class Answer>
  void answer_all(Answer answer) {
    for (auto& each : std::exchange(asked, {}))
      if (auto what = std::get_if<Question>(&each.what))
        each.told(told_of(answer(each.whom.node_id, *what)));
      else
        asked.push_back(std::move(each));
  }

private:
  static result<peer_answer> told_of(peer_answer answer) { return answer; }
  static result<peer_answer> told_of(error why) { return why; }
  static result<peer_answer> told_of(result<peer_answer> told) { return told; }
};

} // namespace troupe
