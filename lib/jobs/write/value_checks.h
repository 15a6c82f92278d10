#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/write/write_plan.h"
#include "model/source/record_target.h"
#include "model/store/mirror_table.h"
#include "model/store/write_sink.h"

namespace hubmirror {

// What is known of a value before HubSpot is asked (rules W1 and W2). Pure.

/// The column of a property; null: the mirror knows none.
const MirrorColumn* FindColumn(const MirrorTable& table, std::string_view property);
/// A property's value among these; "": it has none.
std::string_view ValueOf(const std::vector<PropertyText>& values, std::string_view property);

/// Why a property cannot be written by anybody; empty: it can.
std::string WhyUnwritable(const std::string& property, const MirrorColumn* column,
                          const WriteTerms& terms);
/// Why a property of a record that exists may not be written; empty: it may.
std::string WhyForbidden(const std::string& property, const MirrorColumn* column,
                         const WriteTerms& terms);
/// Why HubSpot is certain to refuse a value
/// (https://developers.hubspot.com/docs/api-reference/error-handling); empty: it need not be.
std::string WhyInvalid(const WantedValue& wanted, const MirrorColumn& column);

}  // namespace hubmirror
