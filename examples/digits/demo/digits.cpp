#include "examples/digits/demo/digits.hpp"

#include "runtime/cli/exit_code.hpp"
#include "runtime/cli/npy.hpp"
#include "runtime/cli/wire.hpp"

#include <algorithm>
#include <cstring>

namespace troupe {

namespace {

constexpr std::uint64_t file_bytes_max = 64 << 20;
constexpr std::int64_t pixels = 64;

template <class T>
std::vector<T> values_of(const std::byte* data, std::size_t count) {
  std::vector<T> values(count);
  std::memcpy(values.data(), data, count * sizeof(T));
  return values;
}

named_tensor read(const std::string& path, datatype type, std::size_t rank) {
  auto tensor = require(read_npy_file(path, file_bytes_max), exit_code::bad_usage);
  if (tensor.type != type || tensor.dims.size() != rank || (rank == 2 && tensor.dims[1] != pixels))
    throw command_failure(exit_code::bad_usage, path + " is not what train.py writes: expected " + std::string(to_string(type))
                                                    + (rank == 2 ? " [-1, 64]" : " [-1]") + ", found "
                                                    + std::string(to_string(tensor.type)) + " " + to_string(tensor.dims));
  return tensor;
}

named_tensor image_at(const named_tensor& images, std::size_t index) {
  constexpr auto bytes = pixels * sizeof(float);
  auto first = images.data.begin() + static_cast<std::ptrdiff_t>(index * bytes);
  return {"image", datatype::fp32, {1, pixels}, {first, first + bytes}};
}

} // namespace

digit_set::digit_set(const std::string& folder, const std::string& deployment) {
  auto images = read(folder + "/test_images.npy", datatype::fp32, 2);
  auto labels = read(folder + "/test_labels.npy", datatype::int64, 1);
  if (images.dims[0] != labels.dims[0])
    throw command_failure(exit_code::bad_usage, folder + ": test_images.npy and test_labels.npy differ in length; run train.py");
  labels_ = values_of<std::int64_t>(labels.data.data(), static_cast<std::size_t>(labels.dims[0]));
  for (std::size_t i = 0; i < size(); ++i) {
    images_.push_back(image_at(images, i));
    requests_.push_back(std::make_unique<prepared_request>(deployment, std::vector<named_tensor>{images_[i]}));
  }
}

std::vector<const prepared_request*> digit_set::requests() const {
  std::vector<const prepared_request*> all;
  for (const auto& request : requests_)
    all.push_back(request.get());
  return all;
}

bool digit_set::right(std::size_t image, schema::InferResponse::Reader answer) const {
  if (answer.getError().getCode() != schema::Code::OK || answer.getOutputs().size() != 1)
    return false;
  auto output = tensor_of(answer.getOutputs()[0]);
  auto scores = values_of<float>(output.data.data(), output.data.size() / sizeof(float));
  return std::max_element(scores.begin(), scores.end()) - scores.begin() == labels_[image];
}

} // namespace troupe
