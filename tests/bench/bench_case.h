#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace hubmirror::testing {

/// What one run of a case found: a name and a number each, in the order in which they are shown.
using Figures = std::vector<std::pair<std::string, double>>;

/// Throws std::runtime_error when there is no such figure.
double FigureOf(const Figures& figures, const std::string& name);

/// The most a figure may be.
struct Bound {
  std::string figure;
  double most = 0;
};

/// Something worth measuring. It is run several times, and each figure's median is judged.
struct BenchCase {
  std::string name;
  std::string what;  ///< in a few words
  int runs = 3;
  std::function<Figures(int64_t records)> run;
  int64_t records = 0;  ///< unless others are asked for
  std::vector<Bound> bounds;
};

std::vector<BenchCase> LimitCases();
std::vector<BenchCase> CopyCases();
std::vector<BenchCase> SteadyCases();
std::vector<BenchCase> PeerCases();

}  // namespace hubmirror::testing
