// What mirroring costs: runs cases several times and prints each one's medians, as a line of JSON
// and as a row of a table.
// usage: mirror_bench [--runs N] [--records N] [CASE...]    without a case: the list of them
// Exit status 1 when a promised figure is missed, 2 for wrong words or when a case cannot be run.

#include <algorithm>
#include <charconv>
#include <exception>
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench_case.h"

namespace hubmirror::testing {
namespace {

constexpr std::string_view kUsage =
    "usage: mirror_bench [--runs N] [--records N] CASE...\n"
    "       mirror_bench --list\n";

struct Wanted {
  std::vector<std::string> cases;
  std::optional<int64_t> runs;
  std::optional<int64_t> records;
  bool list = false;
};

int64_t CountIn(std::string_view word) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (error != std::errc() || end != word.data() + word.size() || count < 1) {
    throw std::invalid_argument("not a count: " + std::string(word));
  }
  return count;
}

Wanted ReadWords(const std::vector<std::string>& words) {
  Wanted wanted;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--list") {
      wanted.list = true;
    } else if (word == "--runs" || word == "--records") {
      if (++i == words.size()) throw std::invalid_argument(word + " needs a number");
      (word == "--runs" ? wanted.runs : wanted.records) = CountIn(words[i]);
    } else if (word.starts_with("-")) {
      throw std::invalid_argument("unknown option " + word);
    } else {
      wanted.cases.push_back(word);
    }
  }
  if (!wanted.list && wanted.cases.empty()) throw std::invalid_argument("no case is named");
  return wanted;
}

std::vector<BenchCase> AllCases() {
  std::vector<BenchCase> all;
  for (auto part : {LimitCases, CopyCases, SteadyCases, PeerCases}) {
    for (BenchCase& one : part()) all.push_back(std::move(one));
  }
  return all;
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Figures Medians(const std::vector<Figures>& runs) {
  Figures medians = runs.front();
  for (size_t i = 0; i < medians.size(); ++i) {
    std::vector<double> values;
    for (const Figures& run : runs) values.push_back(run.at(i).second);
    medians[i].second = MedianOf(std::move(values));
  }
  return medians;
}

std::string InDigits(double value) {
  std::ostringstream text;
  const bool whole = value == static_cast<double>(static_cast<int64_t>(value));
  text << std::fixed << std::setprecision(whole ? 0 : 3) << value;
  return text.str();
}

void PrintJson(const BenchCase& one, int64_t records, size_t runs, const Figures& medians) {
  std::cout << "{\"case\":\"" << one.name << "\",\"records\":" << records << ",\"runs\":" << runs;
  for (const auto& [name, value] : medians) {
    std::cout << ",\"" << name << "\":" << InDigits(value);
  }
  std::cout << "}\n";
}

/// Returns whether all bounds are kept.
bool PrintRow(const BenchCase& one, const Figures& medians) {
  bool kept = true;
  std::cout << "| " << one.what << " |";
  for (const Bound& bound : one.bounds) {
    const double found = FigureOf(medians, bound.figure);
    const bool fits = found <= bound.most;
    std::cout << ' ' << bound.figure << ' ' << InDigits(found) << " (at most "
              << InDigits(bound.most) << (fits ? ")" : ", MISSED)") << " |";
    kept = kept && fits;
  }
  std::cout << std::endl;
  return kept;
}

bool RunCase(const BenchCase& one, const Wanted& wanted) {
  const int64_t records = wanted.records.value_or(one.records);
  const int64_t count = wanted.runs.value_or(one.runs);
  std::vector<Figures> runs;
  for (int64_t run = 0; run < count; ++run) runs.push_back(one.run(records));
  const Figures medians = Medians(runs);
  PrintJson(one, records, runs.size(), medians);
  return PrintRow(one, medians);
}

int Run(const std::vector<std::string>& words) {
  const Wanted wanted = ReadWords(words);
  const std::vector<BenchCase> all = AllCases();
  if (wanted.list) {
    for (const BenchCase& one : all) {
      std::cout << std::left << std::setw(32) << one.name << one.what << '\n';
    }
    return 0;
  }
  std::vector<const BenchCase*> chosen;
  for (const std::string& name : wanted.cases) {
    const auto found = std::ranges::find(all, name, &BenchCase::name);
    if (found == all.end()) throw std::invalid_argument("no case " + name + "; see --list");
    chosen.push_back(&*found);
  }
  bool kept = true;
  for (const BenchCase* one : chosen) kept = RunCase(*one, wanted) && kept;
  return kept ? 0 : 1;
}

}  // namespace
}  // namespace hubmirror::testing

int main(int count, char** words) {
  try {
    return hubmirror::testing::Run({words + 1, words + count});
  } catch (const std::invalid_argument& error) {
    std::cerr << "mirror_bench: " << error.what() << '\n' << hubmirror::testing::kUsage;
  } catch (const std::exception& error) {
    std::cerr << "mirror_bench: " << error.what() << '\n';
  }
  return 2;
}
