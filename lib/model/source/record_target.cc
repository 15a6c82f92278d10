#include "model/source/record_target.h"

namespace hubmirror {

std::string_view NameOf(WriteOp op) {
  switch (op) {
    case WriteOp::kUpdate:
      return "update";
    case WriteOp::kCreate:
      return "create";
    case WriteOp::kUpsert:
      return "upsert";
    case WriteOp::kArchive:
      return "archive";
    case WriteOp::kAssociate:
      return "associate";
    case WriteOp::kDisassociate:
      return "disassociate";
  }
  return "update";
}

}  // namespace hubmirror
