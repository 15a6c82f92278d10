#pragma once

#include <mutex>

// Clang checks at compile time that guarded members are touched only under their mutex
// (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html); other compilers ignore the marks.
#if defined(__clang__)
#define HUBMIRROR_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define HUBMIRROR_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) HUBMIRROR_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY HUBMIRROR_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) HUBMIRROR_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) HUBMIRROR_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) HUBMIRROR_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) HUBMIRROR_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) HUBMIRROR_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS HUBMIRROR_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace hubmirror {

/// std::mutex with the marks clang needs.
class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope. Also a BasicLockable, so std::condition_variable_any can wait on it.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  /// For std::condition_variable_any only.
  void lock() NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void unlock() NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace hubmirror
