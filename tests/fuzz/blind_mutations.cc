#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

// Runs a fuzz target over the examples of its corpus, then for so many seconds over examples with
// random changes, for compilers without a fuzzer. What fails is written to `crash-input`, which is
// an example like any other.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

std::string current;  // NOLINT: for the handler of a signal

void Run() {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
}

/// Only what is safe in a handler: no allocation.
void KeepInput(int signal) {
  if (FILE* file = std::fopen("crash-input", "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  constexpr char kWords[] = "the input that failed is kept in crash-input\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kWords, sizeof kWords - 1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& examples, uint64_t seed)
      : examples_(examples), random_(seed) {}

  std::string Next() {
    std::string input = Example();
    for (size_t change = Below(4) + 1; change > 0; --change) Change(input);
    if (input.size() > kLongest) input.resize(kLongest);
    return input;
  }

 private:
  static constexpr size_t kLongest = 64 << 10;

  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const std::string& Example() { return examples_[Below(examples_.size())]; }

  void Change(std::string& input) {
    static const std::vector<std::string> words = {{"\0", 1}, "\r\n",     "\"",
                                                   "\\u0000", "{}",       "[]",
                                                   "null",    "-1",       "9223372036854775808",
                                                   "1e400",   "\xff\xfe", "\xed\xa0\x80",
                                                   ":",       ",",        " ",
                                                   "%00"};
    const size_t at = Below(input.size() + 1);
    const size_t count = Below(std::min<size_t>(input.size() - at, 32) + 1);
    switch (Below(6)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random_());
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
        break;
      case 2:
        input.erase(at, count);
        break;
      case 3:
        input.insert(at, words[Below(words.size())]);
        break;
      case 4:
        input.insert(at, input.substr(at, count));
        break;
      default: {
        const std::string& other = Example();
        const size_t from = Below(other.size() + 1);
        input.replace(at, count, other, from, Below(other.size() - from + 1));
      }
    }
  }

  const std::vector<std::string>& examples_;
  std::mt19937_64 random_;
};

std::vector<std::string> ReadExamples(int argc, char** argv) {
  std::vector<std::string> examples;
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      examples.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  return examples;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s SECONDS CORPUS_FOLDER...\n", argv[0]);
    return 2;
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  const std::vector<std::string> examples = ReadExamples(argc, argv);
  if (examples.empty()) {
    std::fprintf(stderr, "no examples\n");
    return 1;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) {
    std::signal(signal, KeepInput);
  }
  for (const std::string& example : examples) {
    current = example;
    Run();
  }
  Mutator mutator(examples, std::random_device{}());
  uint64_t runs = 0;
  while (std::chrono::steady_clock::now() < end) {
    current = mutator.Next();
    Run();
    ++runs;
  }
  std::printf("%zu examples, %llu changed ones\n", examples.size(),
              static_cast<unsigned long long>(runs));
  return 0;
}
