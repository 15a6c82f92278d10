#pragma once

#include <optional>
#include <string>

namespace hubmirror {

/// The value of one series in a /metrics body, named as it is written there:
/// `hubmirror_polls_total{portal="acme",object="deals"}`, labels in the order of the table. Absent:
/// nullopt.
std::optional<double> ValueOf(const std::string& text, const std::string& series);

/// How many series carry all of `parts` in their name and labels.
int CountSeries(const std::string& text, const std::string& first_part,
                const std::string& second_part = "");

}  // namespace hubmirror
