#include "base/named_thread.h"

#include <pthread.h>

#include <utility>

#include "base/check.h"

namespace hubmirror {

std::jthread StartThread(std::string name, std::function<void(std::stop_token)> work) {
  return std::jthread([name = std::move(name), work = std::move(work)](std::stop_token stop) {
    // Linux refuses longer names, and the thread would be one without a name.
    CHECK_THAT(::pthread_setname_np(::pthread_self(), name.c_str()) == 0);
    work(std::move(stop));
  });
}

}  // namespace hubmirror
