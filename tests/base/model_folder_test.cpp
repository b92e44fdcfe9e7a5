#define BOOST_TEST_MODULE model_folder
#include "runtime/base/model_folder.hpp"
#include "runtime/base/model_toml.hpp"
#include "tests/storage/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace troupe;

namespace {

struct folder_fixture {
  test::temporary_folder folder;

  void write(const std::string& name, const std::string& text) { std::ofstream(folder.path() / name) << text; }
  std::string path_of(const std::string& name) const { return (folder.path() / name).string(); }
  error failure() const {
    auto read = read_model_folder(folder.path().string());
    BOOST_REQUIRE(!read);
    return read.failure();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_folder, folder_fixture)

BOOST_AUTO_TEST_CASE(that_is_missing_is_not_found) {
  auto read = read_model_folder(path_of("nowhere"));
  BOOST_REQUIRE(!read);
  BOOST_TEST(
      (read.failure()
       == error{error_code::not_found, "no folder '" + path_of("nowhere") + "'; name a folder with model.pt and model.toml"}));
}

BOOST_AUTO_TEST_CASE(that_is_a_file_is_refused) {
  write("model.pt", "x");
  auto read = read_model_folder(path_of("model.pt"));
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.failure().message
             == "'" + path_of("model.pt") + "' is no folder; name the folder that holds model.pt and model.toml");
}

BOOST_AUTO_TEST_CASE(without_a_model_says_how_to_save_one) {
  BOOST_TEST((failure().code == error_code::not_found));
  BOOST_TEST(failure().message.find("torch.jit.script") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_an_empty_model_is_refused) {
  write("model.pt", "");
  BOOST_TEST(failure().message == "'" + path_of("model.pt") + "' is empty; save the model again");
}

BOOST_AUTO_TEST_CASE(whose_model_is_a_folder_is_refused) {
  std::filesystem::create_directory(path_of("model.pt"));
  BOOST_TEST(failure().message == "'" + path_of("model.pt") + "' is no regular file");
}

BOOST_AUTO_TEST_CASE(without_model_toml_is_shown_one_that_works) {
  write("model.pt", "x");
  auto message = failure().message;
  BOOST_TEST((failure().code == error_code::not_found));
  auto example = message.substr(message.find('\n') + 1);
  BOOST_TEST(parse_model_toml(example, "example").ok(), message);
}

BOOST_AUTO_TEST_CASE(with_a_wrong_model_toml_names_the_file) {
  write("model.pt", "x");
  write("model.toml", "max_batch = -1");
  BOOST_TEST((failure().code == error_code::invalid_argument));
  BOOST_TEST(failure().message.rfind(path_of("model.toml") + ":1: max_batch: ", 0) == 0, failure().message);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(the_examples_are_right) {
  for (std::string name : {"linear", "cnn", "broken"}) {
    auto read = read_model_folder(TROUPE_EXAMPLES "/digits/" + name);
    BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.failure().message));
    BOOST_TEST(read->spec.max_batch == 64);
    BOOST_TEST(read->spec.inputs.at(0).name == "image");
    BOOST_TEST(read->model_bytes == std::filesystem::file_size(read->model_path));
    BOOST_TEST(parse_model_toml(read->toml, "model.toml").ok());
  }
}
