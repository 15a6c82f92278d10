#pragma once

#include <atomic>
#include <string>

#include "base/clock.h"
#include "http/base_url.h"
#include "hubspot/auth/token_source.h"
#include "hubspot/read/api_requests.h"
#include "hubspot/read/exchange_report.h"
#include "model/source/exchange.h"
#include "model/source/history.h"
#include "model/source/link_source.h"
#include "model/source/page_source.h"
#include "model/source/reference.h"

namespace hubmirror {

/// No URL longer than this is requested; HubSpot's edge refuses them at about 16,200 characters.
inline constexpr size_t kLongestUrl = 15'000;

/// One portal over HubSpot's dated API. Every request is reported to the observer, including those
/// that fail. Thread-safe, if what it is given is. Its only state is how long a URL may be: less
/// than kLongestUrl once something on the way has refused a shorter one (414).
class ApiClient final : public PageSource,
                        public LinkSource,
                        public HistorySource,
                        public ReferenceSource {
 public:
  struct Portal {
    PortalKey key;
    std::string version;  ///< of the API: `2026-09`
    BaseUrl base;         ///< for the length of URLs; the transport does the connecting
  };

  /// All references must outlive this.
  ApiClient(Portal portal, Wire wire, TokenSource& tokens, ExchangeObserver& observer);

  Result<Page, ApiError> List(const ObjectType& type, const ListRequest& request) override;
  Result<SearchAnswer, ApiError> Search(const ObjectType& type,
                                        const SearchRequest& request) override;
  Result<Page, ApiError> BatchRead(const ObjectType& type,
                                   const BatchReadRequest& request) override;
  Result<std::vector<PropertyDefinition>, ApiError> Properties(
      const ObjectType& type, const PropertiesRequest& request) override;
  Result<std::vector<PropertyGroup>, ApiError> PropertyGroups(const ObjectType& type) override;
  /// Makes a text property whose values HubSpot keeps unique, with this name, label, description
  /// and group; the answer is what HubSpot has now. Needs the scope `crm.schemas.{type}.write`.
  /// https://developers.hubspot.com/docs/api-reference/crm-properties
  Result<PropertyDefinition, ApiError> MakeKeyProperty(const ObjectType& type,
                                                       const PropertyDefinition& property);
  Result<Account, ApiError> AccountDetails() override;
  /// The scopes of the token: they came with an app's; of a private app's HubSpot is asked. Errors:
  /// kUnsupported when nobody says, as of service keys.
  Result<std::vector<std::string>, ApiError> GrantedScopes();
  Result<HistoryPage, ApiError> ReadHistory(const ObjectType& type,
                                            const HistoryRequest& request) override;
  int ListCost(const ObjectType& type, const PropertySet& properties) const override;

  Result<LinkAnswer, ApiError> ReadLinks(const ObjectType& from, const ObjectType& to,
                                         const std::vector<LinkInput>& inputs) override;
  Result<std::vector<LinkType>, ApiError> LinkTypes(const ObjectType& from,
                                                    const ObjectType& to) override;

  Result<ReferencePage, ApiError> ReadReference(const ReferenceRequest& request) override;

 private:
  template <typename T, typename Read>
  Result<T, ApiError> Ask(Endpoint endpoint, ClientRequest request, const Read& read);
  Result<Page, ApiError> ListOnce(const ObjectType& type, const ListRequest& request);
  Result<Page, ApiError> ListByIds(const ObjectType& type, const ListRequest& request);
  size_t ListUrlSize(const ObjectType& type, const PropertySet& properties) const;
  /// No URL of this size is requested again.
  void Shun(size_t url);

  const Portal portal_;
  const ApiRequests requests_;
  const Wire wire_;
  TokenSource& tokens_;
  ExchangeObserver& observer_;
  std::atomic<size_t> longest_url_{kLongestUrl};
};

}  // namespace hubmirror
