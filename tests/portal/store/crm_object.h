#pragma once

#include "store/object_type.h"
#include "store/property_catalog.h"
#include "store/record_store.h"
#include "store/search_index.h"
#include "store/unique_values.h"

namespace simulated_portal {

/// One object type of one portal: definitions, primary store and search index.
struct CrmObject {
  CrmObject(size_t number, size_t property_count, Random random, Instant now)
      : type(kObjectTypes[number]),
        type_index(number),
        catalog(number, property_count, random, now) {}

  const ObjectType& type;
  const size_t type_index;
  PropertyCatalog catalog;
  RecordStore records;
  SearchIndex index;
  UniqueValues unique;
};

}  // namespace simulated_portal
