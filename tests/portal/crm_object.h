#pragma once

#include "object_type.h"
#include "property_catalog.h"
#include "record_store.h"
#include "search_index.h"

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
};

}  // namespace simulated_portal
