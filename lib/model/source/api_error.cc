#include "model/source/api_error.h"

namespace hubmirror {

bool IsSearchRefusal(const ApiError& error) {
  return error.kind == ApiErrorKind::kBadRequest || error.kind == ApiErrorKind::kNotFound ||
         error.status == 404 || error.status == 405;
}

std::string_view ReasonOf(ApiErrorKind kind) {
  switch (kind) {
    case ApiErrorKind::kBurstLimit:
    case ApiErrorKind::kSearchLimit:
    case ApiErrorKind::kDailyLimit:
      return "rate_limited";
    case ApiErrorKind::kTokenExpired:
    case ApiErrorKind::kUnauthorized:
    case ApiErrorKind::kGrantRevoked:
    case ApiErrorKind::kAppConfig:
    case ApiErrorKind::kSecret:
    case ApiErrorKind::kWrongPortal:
      return "auth";
    case ApiErrorKind::kForbidden:
    case ApiErrorKind::kNotFound:
    case ApiErrorKind::kUrlTooLong:
    case ApiErrorKind::kUnsupported:
    case ApiErrorKind::kBadRequest:
      return "http_4xx";
    case ApiErrorKind::kLocked:
    case ApiErrorKind::kMigrating:
      return "wait";
    case ApiErrorKind::kServer:
      return "http_5xx";
    case ApiErrorKind::kConnect:
      return "connect";
    case ApiErrorKind::kTimeout:
      return "timeout";
    case ApiErrorKind::kDecode:
      return "decode";
    case ApiErrorKind::kTooLarge:
      return "too_large";
  }
  return "http_5xx";
}

}  // namespace hubmirror
