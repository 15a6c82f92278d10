#pragma once

#include <cstdint>
#include <optional>

namespace hubmirror {

/// Finds the one item at which reading a list in ascending order of ids fails, by asking for one
/// item beyond this id and that: first beyond all of them, then in growing steps from the last one
/// that was read, then in halves. If several fail, it finds one beyond which reading works again;
/// whatever lies between the last item read and that one stays unknown. Pure value.
class GapSearch {
 public:
  /// No id of HubSpot's is larger: they are numbers that JavaScript can hold.
  static constexpr int64_t kLargestId = (int64_t{1} << 53) - 1;

  /// What lies beyond `last`, the last id that was read, cannot be read.
  explicit GapSearch(int64_t last) : low_(last) {}

  /// What to ask next: for one item beyond this id.
  int64_t beyond() const;
  /// It was answered.
  void Answers();
  /// It failed. Returns whether that is believed; a server fails now and then whatever it is asked.
  bool Fails();
  /// Nothing is readable, wherever it begins.
  bool hopeless() const { return hopeless_; }
  /// The item at which reading fails, once it is known: the list can be read beyond it.
  std::optional<int64_t> culprit() const;

 private:
  int64_t low_;                  ///< beyond it reading fails
  std::optional<int64_t> high_;  ///< beyond it reading goes well
  int64_t step_ = 1;             ///< 0: halves
  int failures_ = 0;             ///< of this question
  bool hopeless_ = false;
};

}  // namespace hubmirror
