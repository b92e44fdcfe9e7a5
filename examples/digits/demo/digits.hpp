#pragma once

#include "runtime/cli/prepared_request.hpp"
#include "runtime/oip/named_tensor.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// The digits' test set, an image a request, and what is written on each image.
class digit_set {
public:
  /// Reads test_images.npy and test_labels.npy. command_failure (bad_usage) where they don't fit each other.
  digit_set(const std::string& folder, const std::string& deployment);

  std::size_t size() const { return labels_.size(); }
  /// One for each image, in order; they live as long as the set.
  std::vector<const prepared_request*> requests() const;
  /// Whether the largest score of the answer to the image is its digit's.
  bool right(std::size_t image, schema::InferResponse::Reader answer) const;
  /// The image as the model's input.
  const named_tensor& image(std::size_t index) const { return images_[index]; }

private:
  std::vector<named_tensor> images_;
  std::vector<std::int64_t> labels_;
  std::vector<std::unique_ptr<prepared_request>> requests_;
};

} // namespace troupe
