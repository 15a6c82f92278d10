#pragma once

#include <memory>

#include "model/source/history.h"
#include "model/source/link_source.h"
#include "model/source/page_source.h"
#include "model/source/record_target.h"
#include "model/source/reference.h"
#include "model/source/source_clock.h"

namespace hubmirror {

/// What one portal is read through: a way to each kind of data, and HubSpot's clock as the answers
/// tell it. One object may serve as several of them; one that has nothing to show answers so. A
/// copy shares the objects.
struct PortalSource {
  PageSource& records;
  LinkSource& links;
  HistorySource& histories;
  ReferenceSource& references;
  const SourceClock& clock;
  /// Keeps all of them alive, with what they refer to; may be null if somebody else does.
  std::shared_ptr<const void> owner = {};
  RecordTarget* target = nullptr;  ///< the way back; null: nothing is written to HubSpot
};

}  // namespace hubmirror
