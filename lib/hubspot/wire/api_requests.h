#pragma once

#include <string>
#include <vector>

#include "hubspot/wire/http_transport.h"
#include "model/source/history.h"
#include "model/source/link_source.h"
#include "model/source/page_source.h"
#include "model/source/reference.h"

namespace hubmirror {

/// Writes the requests to HubSpot's dated API: the one place that knows its paths and bodies, see
/// https://developers.hubspot.com/docs/api-reference/latest. Immutable.
class ApiRequests {
 public:
  /// `version` as in the paths: `2026-09`.
  explicit ApiRequests(std::string version) : version_(std::move(version)) {}

  ApiRequest List(const ObjectType& type, const ListRequest& list) const;
  ApiRequest Search(const ObjectType& type, const SearchRequest& search) const;
  ApiRequest BatchRead(const ObjectType& type, bool archived, const std::vector<RecordId>& ids,
                       const PropertySet& properties) const;
  ApiRequest BatchReadHistory(const ObjectType& type, const HistoryRequest& history) const;
  ApiRequest Properties(const ObjectType& type, const PropertiesRequest& properties) const;
  ApiRequest PropertyGroups(const ObjectType& type) const;
  ApiRequest AccountDetails() const;
  ApiRequest Reference(const ReferenceRequest& request) const;
  ApiRequest Links(const ObjectType& from, const ObjectType& to,
                   const std::vector<LinkInput>& inputs) const;
  ApiRequest LinkTypes(const ObjectType& from, const ObjectType& to) const;
  /// `form` is a form-encoded body with secrets in it.
  ApiRequest Token(std::string form) const;

  /// The longest target List can make with these properties.
  size_t ListTargetSize(const ObjectType& type, const PropertySet& properties) const;

 private:
  ApiRequest ListSearch(const ReferenceRequest& request) const;
  std::string ObjectPath(const ObjectType& type) const;
  std::string PropertyPath(const ObjectType& type) const;
  std::string LinkPath(const ObjectType& from, const ObjectType& to) const;

  const std::string version_;
};

/// A form-encoded body (application/x-www-form-urlencoded).
std::string FormBody(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace hubmirror
