#pragma once

#include "http/call.h"

namespace simulated_portal {

/// Custom types that hold records and are not deleted.
HttpResponse ListSchemas(const Call& call);
HttpResponse ListOwners(const Call& call);
HttpResponse ListTeams(const Call& call);
HttpResponse ListUsers(const Call& call);
HttpResponse ListPipelines(const Call& call);
HttpResponse SearchLists(const Call& call);
HttpResponse ListMembers(const Call& call);
HttpResponse ListEvents(const Call& call);
HttpResponse ListCurrencies(const Call& call);

/// All items of a kind as the API shows them, a line each; members of lists as `{"list_id","id",
/// "joined_at"}` for "members". Throws std::runtime_error for a kind that does not exist.
void AppendReferenceTruth(std::string& out, Portal& portal, std::string_view kind);

}  // namespace simulated_portal
