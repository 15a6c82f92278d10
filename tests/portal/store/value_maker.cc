#include "store/value_maker.h"

#include <algorithm>
#include <array>

#include "endpoints/json_text.h"

namespace simulated_portal {
namespace {

using enum ValueKind;

constexpr size_t kLongestText = 65'536;  // HubSpot's limit, in characters.

constexpr std::string_view kFirstNames[] = {
    "Anna",   "José",    "Zoë",    "Łukasz",    "Mohammed", "Wei",   "Sørina",  "Aoife",
    "Björn",  "Chloé",   "Dmitri", "Emeka",     "Fátima",   "Grace", "Hiroshi", "Ines",
    "Jürgen", "Kalani",  "Liam",   "Mary-Jane", "Nguyễn",   "Olga",  "Priya",   "Quentin",
    "Rut",    "Siobhán", "Thomas", "Uma",       "Vasco",    "李"};
constexpr std::string_view kLastNames[] = {"Smith",
                                           "O'Brien",
                                           "Müller",
                                           "García",
                                           "Nowak",
                                           "Öztürk",
                                           "Tanaka",
                                           "van der Berg",
                                           "Ivanova",
                                           "D'Angelo",
                                           "Sánchez",
                                           "Kowalczyk",
                                           "Jensen",
                                           "Okafor",
                                           "Lefèvre",
                                           "Novák",
                                           "Jones",
                                           "\"Mac\" Donald",
                                           "Rossi",
                                           "王小明",
                                           "Åström",
                                           "Dubois",
                                           "Fernández y López",
                                           "Singh"};
constexpr std::string_view kCompanies[] = {
    "Northwind Traders", "Müller & Söhne GmbH",  "Globex, Inc.",      "Café René",     "Initech",
    "Ωmega Labs",        "株式会社サンプル",     "Acme \"West\" LLC", "Blå Himmel AS", "Hooli",
    "Umbrella S.A.",     "Vandelay\\Industries", "Pied Piper",        "Soylent Co"};
constexpr std::string_view kDomains[] = {
    "northwind.example", "mueller-soehne.example", "globex.example",   "cafe-rene.example",
    "initech.example",   "omega.example",          "sample.example",   "acme-west.example",
    "blahimmel.example", "hooli.example",          "umbrella.example", "vandelay.example",
    "piedpiper.example", "soylent.example"};
constexpr std::string_view kTowns[] = {"Boston", "München",   "São Paulo",     "Kraków",
                                       "東京",   "Reykjavík", "Saint-Étienne", "Dublin",
                                       "Lagos",  "Québec"};
constexpr std::string_view kCountries[] = {"United States", "Germany", "Brazil", "Poland",
                                           "Japan",         "Iceland", "France", "Ireland",
                                           "Nigeria",       "Canada"};
constexpr std::string_view kWordsList[] = {
    "growth",      "plan",     "renewal", "Q3",        "budget",    "review",  "naïve",
    "übermorgen",  "pipeline", "demo",    "call",      "follow-up", "pricing", "“quoted”",
    "integration", "été",      "team",    "launch",    "data;list", "50%",     "näkymä",
    "обзор",       "新しい",   "🚀",       "tab\tstop", "roadmap",   "A/B",     "C:\\path"};
constexpr std::string_view kSentencesList[] = {
    "Asked for a quote and a demo next week.",
    "Der Vertrag läuft im März aus; bitte rechtzeitig anrufen.",
    "Prefers e-mail over calls, \"no surprises\".",
    "Il faut vérifier la facture n° 2024/117.",
    "Budget approved by finance, waiting for legal.",
    "次の会議は火曜日です。",
    "Said: <b>not now</b> & maybe later.",
    "Needs SSO, audit log and EU hosting 🇪🇺.",
    "Path was C:\\temp\\export.csv, see attachment.",
    "Followed up twice without an answer."};

template <size_t kSize>
std::string_view Pick(const std::string_view (&list)[kSize], Random& random) {
  return list[random.Below(kSize)];
}

}  // namespace

void ValueMaker::BeginRecord(Instant created, Instant now, bool tidy) {
  first_name_ = random_.Below(std::size(kFirstNames));
  last_name_ = random_.Below(std::size(kLastNames));
  company_ = random_.Below(std::size(kCompanies));
  town_ = random_.Below(std::size(kTowns));
  number_ = random_.Below(10'000'000);
  created_ = created;
  now_ = now;
  tidy_.reset();
  if (tidy) tidy_.emplace().BeginRecord(created, now, random_);
}

std::string_view ValueMaker::Make(const PropertyDefinition& property) {
  out_.clear();
  const ValueKind kind = property.kind;
  if (kind <= kAssignedText) return out_;
  if (tidy_) {
    if (auto value = tidy_->Make(property, random_)) return out_ = *value;
  }
  if (kind <= kUrl) {
    MakeIdentity(kind);
  } else if (kind <= kHugeText) {
    MakeText(kind);
  } else if (kind == kStrangeText) {
    MakeStrange();
  } else if (kind <= kDirtyNumber || kind == kCalculatedNumber) {
    MakeNumber(kind);
  } else if (kind <= kDirtyInstant || kind == kCalculatedInstant) {
    MakeTime(kind);
  } else if (kind <= kDirtyBool) {
    MakeBool(kind);
  } else {
    MakeChoice(property);
  }
  return out_;
}

void ValueMaker::MakeIdentity(ValueKind kind) {
  switch (kind) {
    case kFirstName:
      out_ = kFirstNames[first_name_];
      return;
    case kLastName:
      out_ = kLastNames[last_name_];
      return;
    case kCompanyName:
      out_ = kCompanies[company_];
      return;
    case kDomain:
      out_ = kDomains[company_];
      return;
    case kCity:
      out_ = kTowns[town_];
      return;
    case kCountry:
      out_ = kCountries[town_];
      return;
    case kEmail:
      out_ = "person.";
      AppendInteger(out_, static_cast<int64_t>(number_));
      out_.append("@").append(kDomains[company_]);
      return;
    case kPhone:
      out_ = random_.Chance(0.5) ? "+49 (0)89 / " : "+1-617-555-";
      AppendInteger(out_, random_.Between(1000, 9999));
      return;
    case kStreet:
      AppendInteger(out_, random_.Between(1, 9999));
      out_.append(" ").append(Pick(kLastNames, random_)).append(" Street\nSuite 5");
      return;
    case kZip:
      if (random_.Chance(0.2)) out_ = "0";  // A leading zero that a number would lose.
      AppendInteger(out_, random_.Between(1000, 99'999));
      return;
    default:
      out_.append("https://www.").append(kDomains[company_]).append("/landing?utm_source=a&id=");
      AppendInteger(out_, random_.Between(1, 1'000'000));
      return;
  }
}

void ValueMaker::MakeText(ValueKind kind) {
  switch (kind) {
    case kWords:
      AppendWords(1 + random_.Below(3));
      return;
    case kSentences:
      AppendSentences(40 + random_.Below(200));
      return;
    case kHugeText:
      if (random_.Chance(0.0025)) return AppendHugeText();
      return AppendSentences(40 + random_.Below(400));
    case kPlainBody:
      AppendSentences(random_.Chance(0.02) ? 20'000 : 200 + random_.Below(2000));
      return;
    default:
      out_ = "<html><body style=\"margin:0\"><div>";
      AppendSentences(random_.Chance(0.02) ? 40'000 : 300 + random_.Below(4000));
      out_ += "</div></body></html>";
      return;
  }
}

void ValueMaker::MakeNumber(ValueKind kind) {
  if (kind == kDirtyNumber && random_.Chance(0.15)) {
    static constexpr std::string_view kDirt[] = {"1,234",
                                                 "134;137",
                                                 "1.7E12",
                                                 "n/a",
                                                 "3092727991;3881228353",
                                                 "12 000",
                                                 "NaN",
                                                 "Infinity",
                                                 "0x1F",
                                                 "1e400",
                                                 "-",
                                                 " 42 ",
                                                 "+7.50",
                                                 "1.",
                                                 ".5",
                                                 "1E-3",
                                                 "99999999999999999999999.125",
                                                 "١٢٣"};
    out_ = Pick(kDirt, random_);
    return;
  }
  const bool fraction =
      kind == kMoney || kind == kDecimal || (kind == kCalculatedNumber && random_.Chance(0.3));
  AppendInteger(out_, random_.Between(random_.Chance(0.05) ? -5000 : 0,
                                      random_.Chance(0.1) ? 9'000'000'000 : 5000));
  if (fraction) {
    out_ += '.';
    AppendInteger(out_, random_.Between(0, kind == kMoney ? 99 : 999'999));
  }
}

Instant ValueMaker::PastInstant() {
  return random_.Between(std::min(created_, now_ - kDay), now_);
}

void ValueMaker::MakeTime(ValueKind kind) {
  const Instant instant = PastInstant();
  const bool dirty = (kind == kDirtyDate || kind == kDirtyInstant) && random_.Chance(0.3);
  if (!dirty) {
    if (kind == kDate || kind == kDirtyDate) {
      out_ = FormatDate(instant);
    } else {
      out_ = FormatInstant(
          instant, random_.Chance(0.1) ? InstantStyle::kTrimmed : InstantStyle::kMilliseconds);
    }
    return;
  }
  static constexpr std::string_view kDirt[] = {"yesterday",
                                               "2024-02-30",
                                               "0000-00-00",
                                               "31.12.2023",
                                               "1.7E12",
                                               "now",
                                               "infinity",
                                               "12024-01-01T00:00:00Z",
                                               "9223372036854775807",
                                               "2024-06-01T12:00:00+02:00",
                                               "0001-01-01",
                                               "2023-11-14T22:13:20.5Z",
                                               "-62135596800000",
                                               "1700000000000.0",
                                               "2024-1-5"};
  if (random_.Chance(0.4)) {
    AppendInteger(out_, kind == kDirtyDate ? instant - instant % kDay : instant);
  } else {
    out_ = Pick(kDirt, random_);
  }
}

void ValueMaker::MakeBool(ValueKind kind) {
  static constexpr std::string_view kDirt[] = {"Yes", "No", "TRUE", "False", "maybe", "1", "on"};
  if (kind == kDirtyBool && random_.Chance(0.3)) {
    out_ = Pick(kDirt, random_);
  } else {
    out_ = random_.Chance(0.4) ? "true" : "false";
  }
}

void ValueMaker::MakeChoice(const PropertyDefinition& property) {
  switch (property.kind) {
    case kOwner:
      AppendInteger(out_, 101 + static_cast<int64_t>(random_.Below(40)));
      return;
    case kJson:
      out_ = R"({"from":{"email":"a@b.example"},"to":[{"email":")";
      out_.append(kDomains[company_]).append(R"("}],"n":)");
      AppendInteger(out_, random_.Between(0, 1'000'000));
      out_ += '}';
      return;
    case kCoordinates:
      out_ = R"([{"lat":48.137,"lng":11.575}])";
      return;
    default:
      break;
  }
  if (property.options.empty() || random_.Chance(0.01)) {
    out_ = "option_that_was_removed";
    return;
  }
  const size_t count = property.kind == kChoices ? 1 + random_.Below(3) : 1;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out_ += ';';
    out_ += property.options[random_.Below(property.options.size())];
  }
}

void ValueMaker::MakeStrange() {
  switch (random_.Below(6)) {
    case 0:
      out_ = "before";
      out_ += '\0';
      out_ += "after";
      return;
    case 1:
      out_ = "high ";
      AppendCodePoint(out_, 0xD83D);
      out_ += " alone";
      return;
    case 2:
      out_ = "low ";
      AppendCodePoint(out_, 0xDE00);
      return;
    case 3:
      out_ = "e\u0301\u0302 مرحبا \u202Eright to left\u202C";
      return;
    case 4:
      out_ = "controls \x01\x1F\x7F \r\n\t \xE2\x80\xA8 and \\u0041 and \\N";
      return;
    default:
      out_ = "  padded \xEF\xBB\xBF𝒳 ";
      return;
  }
}

void ValueMaker::AppendWords(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out_ += ' ';
    out_ += Pick(kWordsList, random_);
  }
}

void ValueMaker::AppendSentences(size_t bytes) {
  const size_t end = out_.size() + bytes;
  while (out_.size() < end) {
    out_ += Pick(kSentencesList, random_);
    out_ += random_.Chance(0.1) ? '\n' : ' ';
  }
}

void ValueMaker::AppendHugeText() {
  AppendSentences(2 * kLongestText);
  size_t characters = 0, at = 0;
  // Ends after exactly the longest number of characters, never inside one.
  for (; at < out_.size(); ++at) {
    if ((static_cast<unsigned char>(out_[at]) & 0xC0U) != 0x80 && ++characters > kLongestText)
      break;
  }
  out_.resize(at);
}

}  // namespace simulated_portal
