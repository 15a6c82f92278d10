#include "simulation/crew.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"

namespace hubmirror::simulation {
namespace {

/// No std::exception: nothing in lib may take it for a failure and go on.
struct Killed {};

/// As std::binary_semaphore, which yields the processor before it sleeps: where others want it,
/// too, each handing over then takes as long as their turns.
class Signal {
 public:
  void release() {
    {
      const std::lock_guard lock(mutex_);
      given_ = true;
    }
    given_now_.notify_one();
  }
  void acquire() {
    std::unique_lock lock(mutex_);
    given_now_.wait(lock, [this] { return given_; });
    given_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_now_;
  bool given_ = false;
};

}  // namespace

struct Crew::Member {
  Signal go;
  Signal back;
  std::function<void()> work;
  const Crew* crew = nullptr;
  std::string lane;  ///< empty: it shares none
  bool holds = false;
  Instant wakes{};
  bool busy = false;
  bool killed = false;
  bool dismissed = false;
  std::jthread thread;

  void Live() {
    for (;;) {
      go.acquire();
      if (dismissed) return;
      try {
        crew->AwaitLane(*this);
        work();
      } catch (const Killed&) {
      }
      work = nullptr;
      holds = false;
      busy = false;
      back.release();
    }
  }

  static thread_local Member* self;
};

thread_local Crew::Member* Crew::Member::self = nullptr;

Crew::Crew(size_t workers) {
  for (size_t i = 0; i < workers; ++i) {
    members_.push_back(std::make_unique<Member>());
    Member& member = *members_.back();
    member.crew = this;
    member.thread = std::jthread([&member] {
      Member::self = &member;
      member.Live();
    });
  }
}

Crew::~Crew() {
  Kill();
  for (const auto& member : members_) {
    member->dismissed = true;
    member->go.release();
  }
}

bool Crew::busy(size_t worker) const {
  return members_[worker]->busy;
}

Instant Crew::wakes(size_t worker) const {
  return members_[worker]->wakes;
}

void Crew::PassTo(Member& member) {
  member.go.release();
  member.back.acquire();
}

void Crew::Start(size_t worker, std::string lane, std::function<void()> work) {
  Member& member = *members_[worker];
  CHECK_THAT(!member.busy);
  member.lane = std::move(lane);
  member.work = std::move(work);
  member.busy = true;
  PassTo(member);
}

void Crew::Resume(size_t worker) {
  CHECK_THAT(members_[worker]->busy);
  PassTo(*members_[worker]);
}

void Crew::Kill() {
  for (const auto& member : members_) {
    if (!member->busy) continue;
    member->killed = true;
    PassTo(*member);
    member->killed = false;
    CHECK_THAT(!member->busy);
  }
}

void Crew::Wait(Member& member, Instant at) {
  member.wakes = at;
  member.back.release();
  member.go.acquire();
  if (member.killed) throw Killed();
}

void Crew::AwaitLane(Member& member) const {
  if (member.lane.empty()) return;
  for (;;) {
    const auto holder = std::ranges::find_if(members_, [&](const auto& other) {
      return other.get() != &member && other->busy && other->holds && other->lane == member.lane;
    });
    if (holder == members_.end()) return;
    Wait(member, (*holder)->wakes + std::chrono::microseconds(1));
  }
}

void Crew::WaitUntil(Instant at) {
  Member* const self = Member::self;
  if (self == nullptr || self->killed) return;
  Wait(*self, at);
  self->crew->AwaitLane(*self);
}

void Crew::HoldUntil(Instant at) {
  Member* const self = Member::self;
  if (self == nullptr || self->killed) return;
  self->holds = true;
  Wait(*self, at);
  self->holds = false;
}

}  // namespace hubmirror::simulation
