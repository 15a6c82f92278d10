#include "http/answer_guard.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace hubmirror {
namespace {

using Breach = AnswerGuard::Breach;

std::string_view WithoutEnd(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// `lower` is in small letters.
bool Contains(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return Lower(a) == b; }) != text.end();
}

/// Whether the field says that the body comes in chunks.
bool SaysChunked(std::string_view line) {
  constexpr std::string_view kName = "transfer-encoding:";
  return line.size() > kName.size() && Contains(line.substr(0, kName.size()), kName) &&
         Contains(line.substr(kName.size()), "chunked");
}

}  // namespace

Breach AnswerGuard::Take(std::string_view bytes, std::string& passed) {
  whole_ += bytes.size();
  if (breach_ == Breach::kNone && whole_ > bounds_.whole) breach_ = Breach::kWhole;
  while (breach_ == Breach::kNone && !bytes.empty()) {
    switch (state_) {
      case State::kHeader:
        breach_ = TakeHeader(bytes, passed);
        break;
      case State::kPlain:
        passed.append(bytes);
        bytes = {};
        break;
      case State::kChunkBytes: {
        const size_t count = std::min<uint64_t>(chunk_left_, bytes.size());
        passed.append(bytes.substr(0, count));
        bytes.remove_prefix(count);
        chunk_left_ -= count;
        if (chunk_left_ == 0) state_ = State::kChunkEnd;
        break;
      }
      case State::kChunkSize:
      case State::kChunkEnd:
      case State::kTrailer:
        breach_ = TakeFraming(bytes, passed);
        break;
    }
  }
  return breach_;
}

Breach AnswerGuard::TakeHeader(std::string_view& bytes, std::string& passed) {
  const size_t newline = bytes.find('\n');
  const size_t count = newline == std::string_view::npos ? bytes.size() : newline + 1;
  // Looked at before they are kept, so that a peer cannot fill our memory.
  if (header_.size() - line_begin_ + count > bounds_.line) return Breach::kLine;
  if (header_.size() + count > bounds_.header) return Breach::kHeader;
  header_.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
  if (newline == std::string_view::npos) return Breach::kNone;
  if (!header_.ends_with("\r\n")) header_.replace(header_.size() - 1, 1, "\r\n");

  const std::string_view line = WithoutEnd(std::string_view(header_).substr(line_begin_));
  const bool first = line_begin_ == 0;
  if (line.empty() && !first) return EndHeader(passed);
  line_begin_ = header_.size();
  if (first) return TakeStatusLine(line);
  if (++fields_ > bounds_.fields) return Breach::kFields;
  chunked_ = chunked_ || SaysChunked(line);
  return Breach::kNone;
}

Breach AnswerGuard::TakeStatusLine(std::string_view line) {
  // HTTP/1.1 200 OK
  const bool http = line.size() >= 12 && line.starts_with("HTTP/1.") &&
                    (line[7] == '0' || line[7] == '1') && line[8] == ' ' && IsDigit(line[9]) &&
                    IsDigit(line[10]) && IsDigit(line[11]) &&
                    (line.size() == 12 || line[12] == ' ');
  if (!http) return Breach::kNotHttp;
  std::from_chars(line.data() + 9, line.data() + 12, status_);
  return Breach::kNone;
}

Breach AnswerGuard::EndHeader(std::string& passed) {
  const bool interim = status_ >= 100 && status_ < 200;
  if (interim && ++interim_ > bounds_.interim) return Breach::kInterim;
  if (!interim) {
    passed.append(header_);
    state_ = chunked_ ? State::kChunkSize : State::kPlain;
  }
  header_.clear();
  line_begin_ = 0;
  fields_ = 0;
  if (interim) chunked_ = false;
  return Breach::kNone;
}

Breach AnswerGuard::TakeFraming(std::string_view& bytes, std::string& passed) {
  const size_t newline = bytes.find('\n');
  const size_t count = newline == std::string_view::npos ? bytes.size() : newline + 1;
  if (framing_.size() + count > bounds_.line) return Breach::kLine;
  if (state_ == State::kTrailer) {
    trailers_ += count;
    if (trailers_ > bounds_.header) return Breach::kHeader;
  }
  framing_.append(bytes.substr(0, count));
  passed.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
  if (framing_.ends_with('\n') && !framing_.ends_with("\r\n")) {
    passed.replace(passed.size() - 1, 1, "\r\n");
  }
  return newline == std::string_view::npos ? Breach::kNone : EndFramingLine();
}

Breach AnswerGuard::EndFramingLine() {
  const std::string_view line = WithoutEnd(framing_);
  if (state_ == State::kChunkEnd) {
    state_ = State::kChunkSize;
  } else if (state_ == State::kChunkSize) {
    chunk_left_ = 0;
    std::from_chars(line.data(), line.data() + line.size(), chunk_left_, 16);
    state_ = chunk_left_ > 0 ? State::kChunkBytes : State::kTrailer;
    fields_ = 0;
  } else if (line.empty()) {
    state_ = State::kPlain;  // What comes now belongs to no answer.
  } else if (++fields_ > bounds_.fields) {
    return Breach::kFields;
  }
  framing_.clear();
  return Breach::kNone;
}

std::string InWords(Breach breach, const AnswerBounds& bounds) {
  switch (breach) {
    case Breach::kNone:
      return "nothing";
    case Breach::kNotHttp:
      return "it does not begin with a status line of HTTP/1";
    case Breach::kLine:
      return "a line of it is longer than " + std::to_string(bounds.line) + " bytes";
    case Breach::kHeader:
      return "its header is longer than " + std::to_string(bounds.header) + " bytes";
    case Breach::kFields:
      return "its header has more than " + std::to_string(bounds.fields) + " fields";
    case Breach::kInterim:
      return "more than " + std::to_string(bounds.interim) + " interim answers came before it";
    case Breach::kWhole:
      return "it is larger than " + std::to_string(bounds.whole) + " bytes";
  }
  return {};
}

}  // namespace hubmirror
