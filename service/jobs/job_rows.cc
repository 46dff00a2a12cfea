#include "service/jobs/job_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/cim/status_macros.h"
#include "service/jobs/job_codec.h"
#include "service/security/conflict.h"

namespace cimvisor::jobs {
namespace {

void Journal(store::Transaction& transaction, store::JournalEntry::Kind kind, const std::string& id,
             const JobChange& change) {
  store::JournalEntry entry;
  entry.kind = kind;
  entry.entity_kind = kJobEntityKind;
  entry.entity_id = id;
  entry.payload = EncodeJobChange(change);
  transaction.AppendJournal(std::move(entry));
}

absl::StatusOr<Job> DecodeRow(const store::SqlRow& row) {
  const auto* record = std::get_if<store::Blob>(&row[0]);
  if (record == nullptr) return absl::DataLossError("a bad row in the table jobs");
  return DecodeJob(record->bytes);
}

absl::StatusOr<Job> ReadJob(store::Transaction& transaction, const std::string& id) {
  ASSIGN_OR_RETURN(const std::vector<store::SqlRow> rows,
                   transaction.Select("SELECT record FROM jobs WHERE id = ?", {id}));
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no job ", id));
  return DecodeRow(rows[0]);
}

absl::Status DeleteRow(store::Transaction& transaction, const Job& job) {
  RETURN_IF_ERROR(transaction.Execute("DELETE FROM jobs WHERE id = ?", {job.id}));
  Journal(transaction, store::JournalEntry::Kind::kDeleted, job.id, {job, std::nullopt});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Job>> LoadJobs(store::Store& store) {
  ASSIGN_OR_RETURN(const std::vector<store::SqlRow> rows, store.Read("SELECT record FROM jobs"));
  std::vector<Job> jobs;
  jobs.reserve(rows.size());
  for (const store::SqlRow& row : rows) {
    ASSIGN_OR_RETURN(Job job, DecodeRow(row));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

absl::Status CheckExpectedRevision(const security::Operation& operation, const Job& job) {
  if (operation.expected_revision == 0 || job.revision <= operation.expected_revision) return absl::OkStatus();
  return security::ConflictError(absl::StrCat("the job ", job.id, " (", job.name, ")"),
                                 {kJobEntityKind, job.id, operation.expected_revision, job.revision});
}

absl::Status CheckCanBeDeleted(const security::Operation& operation, const Job& job) {
  if (IsFinal(job.state)) return CheckExpectedRevision(operation, job);
  return absl::FailedPreconditionError(
      absl::StrCat("the job ", job.id, " (", job.name, ") has not ended: end it before you delete it"));
}

absl::Status InsertJob(store::Transaction& transaction, Job& job) {
  job.revision = job.created_revision = transaction.revision();
  RETURN_IF_ERROR(transaction.Execute("INSERT INTO jobs (id, state, record) VALUES (?, ?, ?)",
                                      {job.id, static_cast<int64_t>(job.state), store::Blob{EncodeJob(job)}}));
  Journal(transaction, store::JournalEntry::Kind::kCreated, job.id, {std::nullopt, job});
  return absl::OkStatus();
}

absl::StatusOr<Job> UpdateJob(store::Transaction& transaction, const std::string& id,
                              absl::FunctionRef<void(Job&)> change, const RowChange& on_account) {
  ASSIGN_OR_RETURN(Job before, ReadJob(transaction, id));
  if (IsFinal(before.state) && !on_account.also_ended) {
    return absl::FailedPreconditionError(absl::StrCat("the job ", id, " (", before.name, ") has ended already"));
  }
  if (on_account.operation != nullptr) {
    RETURN_IF_ERROR(CheckExpectedRevision(*on_account.operation, before));
    RETURN_IF_ERROR(on_account.operation->Record(transaction));
  }
  Job after = before;
  change(after);
  if (after == before) return after;
  after.revision = transaction.revision();
  RETURN_IF_ERROR(transaction.Execute("UPDATE jobs SET state = ?, record = ? WHERE id = ?",
                                      {static_cast<int64_t>(after.state), store::Blob{EncodeJob(after)}, id}));
  Journal(transaction, store::JournalEntry::Kind::kModified, id, {std::move(before), after});
  return after;
}

absl::Status DeleteEndedJob(store::Transaction& transaction, const std::string& id,
                            const security::Operation& operation) {
  ASSIGN_OR_RETURN(const Job job, ReadJob(transaction, id));
  RETURN_IF_ERROR(CheckCanBeDeleted(operation, job));
  RETURN_IF_ERROR(operation.Record(transaction));
  return DeleteRow(transaction, job);
}

absl::StatusOr<bool> DeleteDueJob(store::Transaction& transaction, const std::string& id, absl::Time now) {
  const absl::StatusOr<Job> job = ReadJob(transaction, id);
  if (absl::IsNotFound(job.status())) return true;
  RETURN_IF_ERROR(job.status());
  if (!job->delete_on_completion || job->ended + job->time_before_removal > now) return false;
  RETURN_IF_ERROR(DeleteRow(transaction, *job));
  return true;
}

}  // namespace cimvisor::jobs
