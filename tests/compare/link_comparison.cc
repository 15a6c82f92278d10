#include "compare/link_comparison.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hubmirror::compare {
namespace {

/// `0-101` as (0, 101).
std::pair<int64_t, int64_t> NumbersOf(const std::string& type_id) {
  const size_t dash = type_id.find('-');
  return {std::stoll(type_id.substr(0, dash)), std::stoll(type_id.substr(dash + 1))};
}

std::string Words(const LinkLine& line) {
  return "link to " + std::to_string(line.to) + ", " + line.category + " " + line.type_id +
         (line.label.empty() ? "" : " \"" + line.label + "\"");
}

void CompareLines(const std::string& from, const std::string& to, std::vector<LinkLine> expected,
                  std::vector<LinkLine> found, const DifferenceSink& sink) {
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  std::vector<LinkLine> missing;
  std::vector<LinkLine> extra;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                      std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(),
                      std::back_inserter(extra));
  const std::string column = "associations with " + to;
  for (const LinkLine& line : missing) sink({from, line.from, column, Words(line), "none"});
  for (const LinkLine& line : extra) sink({from, line.from, column, "none", Words(line)});
}

}  // namespace

int64_t CompareLinks(const std::vector<std::string>& objects, TruthReader& portal,
                     MirrorReader& mirror, const DifferenceSink& sink) {
  int64_t links = 0;
  for (size_t i = 0; i < objects.size(); ++i) {
    for (size_t j = i; j < objects.size(); ++j) {
      std::string from = objects[i];
      std::string to = objects[j];
      std::vector<TruthLink> truth = portal.Links(from, to);
      if (!truth.empty() && NumbersOf(truth[0].to_type_id) < NumbersOf(truth[0].from_type_id)) {
        std::swap(from, to);
        truth = portal.Links(from, to);
      }
      std::vector<LinkLine> expected;
      for (TruthLink& link : truth) expected.push_back(std::move(link.line));
      links += static_cast<int64_t>(expected.size());
      CompareLines(from, to, std::move(expected), mirror.Links(from, to), sink);
      if (from != to && !truth.empty()) CompareLines(to, from, {}, mirror.Links(to, from), sink);
    }
  }
  return links;
}

}  // namespace hubmirror::compare
