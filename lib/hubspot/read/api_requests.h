#pragma once

#include <string>
#include <vector>

#include "http/http_transport.h"
#include "model/source/history.h"
#include "model/source/link_source.h"
#include "model/source/page_source.h"
#include "model/source/record_target.h"
#include "model/source/reference.h"

namespace hubmirror {

/// Writes the requests to HubSpot's dated API: the one place that knows its paths and bodies, see
/// https://developers.hubspot.com/docs/api-reference/latest. Immutable.
/// (More than fifteen functions: one for each kind of request.)
class ApiRequests {
 public:
  /// `version` as in the paths: `2026-09`.
  explicit ApiRequests(std::string version) : version_(std::move(version)) {}

  ClientRequest List(const ObjectType& type, const ListRequest& list) const;
  ClientRequest Search(const ObjectType& type, const SearchRequest& search) const;
  ClientRequest BatchRead(const ObjectType& type, const BatchReadRequest& batch) const;
  ClientRequest BatchWrite(WriteOp op, const ObjectType& type,
                           const std::vector<WriteInput>& inputs) const;
  ClientRequest WriteLinks(LinkDeed deed, const LinkPair& pair,
                           const std::vector<LinkWrite>& inputs) const;
  ClientRequest BatchReadHistory(const ObjectType& type, const HistoryRequest& history) const;
  ClientRequest Properties(const ObjectType& type, const PropertiesRequest& properties) const;
  ClientRequest PropertyGroups(const ObjectType& type) const;
  ClientRequest MakeKeyProperty(const ObjectType& type, const PropertyDefinition& property) const;
  ClientRequest AccountDetails() const;
  /// What a private app's token may do.
  ClientRequest TokenInfo(const Secret& token) const;
  ClientRequest Reference(const ReferenceRequest& request) const;
  ClientRequest Links(const ObjectType& from, const ObjectType& to,
                      const std::vector<LinkInput>& inputs) const;
  ClientRequest LinkTypes(const ObjectType& from, const ObjectType& to) const;
  /// `form` is a form-encoded body with secrets in it.
  ClientRequest Token(std::string form) const;

  /// The longest target List can make with these properties.
  size_t ListTargetSize(const ObjectType& type, const PropertySet& properties) const;

 private:
  ClientRequest ListSearch(const ReferenceRequest& request) const;
  std::string ObjectPath(const ObjectType& type) const;
  std::string PropertyPath(const ObjectType& type) const;
  std::string LinkPath(const ObjectType& from, const ObjectType& to) const;

  const std::string version_;
};

/// A form-encoded body (application/x-www-form-urlencoded).
std::string FormBody(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace hubmirror
