#include "storage/watchers.hpp"

#include <algorithm>
#include <iterator>

namespace troupe {

class watchers::handle final : public store_watch {
public:
  handle(std::shared_ptr<watchers> all, std::list<watcher>::iterator mine) : all_(std::move(all)), mine_(mine) {}
  ~handle() override {
    std::lock_guard lock(all_->mutex_);
    all_->watchers_.erase(mine_);
  }

private:
  std::shared_ptr<watchers> all_;
  std::list<watcher>::iterator mine_;
};

std::unique_ptr<store_watch> watchers::add(column_family family, std::string prefix, watch_callback callback) {
  std::lock_guard lock(mutex_);
  auto mine = watchers_.insert(watchers_.end(), {family, std::move(prefix), std::move(callback)});
  return std::make_unique<handle>(shared_from_this(), mine);
}

void watchers::tell(revision_number revision, const std::vector<mutation>& mutations) {
  std::lock_guard lock(mutex_);
  for (const auto& [family, prefix, callback] : watchers_) {
    std::vector<mutation> mine;
    std::copy_if(mutations.begin(), mutations.end(), std::back_inserter(mine),
                 [&, family = family, &prefix = prefix](const mutation& m) {
                   return m.family == family && m.key.compare(0, prefix.size(), prefix) == 0;
                 });
    if (!mine.empty())
      callback(revision, mine);
  }
}

} // namespace troupe
