#include "service/rpc/query_stream.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "service/cim/errors.h"
#include "service/cim/status_macros.h"
#include "service/rpc/page_builder.h"
#include "service/rpc/query_request.h"
#include "service/rpc/status_conversion.h"

namespace cimvisor::rpc {
namespace {

constexpr size_t kPagesHeld = 3;  // that wait behind the one that is being sent
constexpr size_t kPageBytes = 256 * 1024;
constexpr size_t kDefaultPageRows = 512;
constexpr size_t kMinimumPageRows = 128;
constexpr size_t kMaximumPageRows = 4096;

// Two sides meet here: the query's thread makes pages (Push), gRPC's threads send them (OnWriteDone). A page is sent
// by whoever finds the stream idle. Finish is called once, when the query has ended and nothing is being sent; nothing
// touches the object after it, for gRPC may delete it at once.
class QueryStream : public grpc::ServerWriteReactor<v1::QueryResponse>, private broker::RowSink {
 public:
  QueryStream(const Environment& environment, const CallerSource& callers, const grpc::CallbackServerContext& context,
              const v1::QueryRequest& request)
      : environment_(environment),
        callers_(callers),
        context_(context),
        request_(request),
        render_(ChosenRenderer(request.header(), environment.renderers)),
        page_rows_(PageRows(request.batch_rows())),
        writer_(environment.identity.server_name),
        pages_(writer_) {}

  void Start() {
    if (!environment_.queries->Post([this] { Produce(); })) Finish(ToGrpcStatus(TooManyCalls()));
  }

  void OnWriteDone(bool ok) override {
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      sending_ = false;
      if (!ok) cancelled_ = true;
      if (cancelled_) ready_.clear();
      if (!ready_.empty()) {
        current_ = std::move(ready_.front());
        ready_.pop_front();
        sending_ = true;
      } else {
        finish = produced_;
      }
      if (!sending_ && !finish) return;
    }
    if (finish) {
      Finish(ToGrpcStatus(result_));
    } else {
      StartWrite(&current_);
    }
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }

  void OnDone() override { delete this; }

 private:
  // The query's thread, from here on.
  void Produce() {
    absl::Status result = RunQuery();
    {
      absl::MutexLock lock(&mutex_);
      result_ = std::move(result);
      produced_ = true;
      if (sending_) return;  // OnWriteDone finishes
    }
    Finish(ToGrpcStatus(result_));
  }

  absl::Status RunQuery() {
    ASSIGN_OR_RETURN(broker::CallContext call, MakeCallContext(environment_, callers_, context_, request_.header(),
                                                               {.call = "Query", .renders_instances = true}));
    ASSIGN_OR_RETURN(const broker::QueryRequest query, ReadQueryRequest(request_));
    broker::RowSink& sink = *this;
    absl::StatusOr<broker::QuerySummary> summary = environment_.broker->Query(call, query, sink);
    RETURN_IF_ERROR(summary.status());
    if (request_.explain()) Explain(*summary);
    if (!started_) revision_ = summary->revision;
    if (Push()) return absl::OkStatus();
    if (!stalled_) return absl::CancelledError("the query was ended by its client");
    // The client finds the call cancelled, if it ever looks; why is for who runs the service.
    const std::string why = absl::StrCat("a query was ended: its reader took nothing for ",
                                         absl::FormatDuration(environment_.limits.stalled), " while ", kPagesHeld,
                                         " pages waited; read the rows as they come, or ask for fewer properties");
    if (environment_.log) environment_.log(LogLevel::kWarning, call.caller.identity.name, why);
    return absl::ResourceExhaustedError(why);
  }

  void OnStart(int64_t revision) override {
    revision_ = revision;
    started_ = true;
  }

  bool OnRow(const broker::Row& row) override {
    if (render_ && row.definition != nullptr) {
      pages_.AddText(environment_.renderers.class_mof(*row.definition));
    } else if (render_) {
      pages_.AddText(render_(*row.instance, &row.projection->slots));
    } else {
      pages_.Add(row);
    }
    // A short first page, so that the client reads while the second is made.
    const size_t rows = header_sent_ ? page_rows_ : std::min(page_rows_, kMinimumPageRows);
    if (pages_.rows() < rows && pages_.bytes() < kPageBytes) return true;
    return Push();
  }

  void Explain(const broker::QuerySummary& summary) {
    explanation_.emplace();
    for (const std::string& step : summary.steps) explanation_->add_steps(step);
    explanation_->set_rows_examined(summary.rows_examined);
    explanation_->set_rows_returned(summary.rows_returned);
  }

  // Hands the page over; waits while enough are held. False: the reader is gone or stalled.
  bool Push() {
    v1::QueryResponse page = pages_.Take();
    if (!header_sent_) {
      WriteHeader(environment_.identity, revision_, *page.mutable_header());
      header_sent_ = true;
    }
    if (explanation_.has_value()) *page.mutable_explanation() = *explanation_;
    {
      absl::MutexLock lock(&mutex_);
      const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return cancelled_ || ready_.size() < kPagesHeld;
      };
      if (!mutex_.AwaitWithTimeout(absl::Condition(&has_room), environment_.limits.stalled)) {
        stalled_ = true;
        cancelled_ = true;
        context_.TryCancel();  // else the page under way waits for the reader for ever
      }
      if (cancelled_) return false;
      if (sending_) {
        ready_.push_back(std::move(page));
        return true;
      }
      sending_ = true;
      current_ = std::move(page);
    }
    StartWrite(&current_);
    return true;
  }

  const Environment& environment_;
  const CallerSource& callers_;
  const grpc::CallbackServerContext& context_;
  const v1::QueryRequest& request_;
  const InstanceRenderer render_;
  const size_t page_rows_;

  // The query's thread only.
  const ProtoWriter writer_;
  PageBuilder pages_;
  int64_t revision_ = 0;
  bool started_ = false;
  bool header_sent_ = false;
  bool stalled_ = false;
  std::optional<v1::Explanation> explanation_;

  v1::QueryResponse current_;  // of whoever set sending_
  absl::Status result_;        // set before produced_, read after it
  absl::Mutex mutex_;
  std::deque<v1::QueryResponse> ready_ ABSL_GUARDED_BY(mutex_);
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool produced_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::QueryResponse>* StartQuery(const Environment& environment, const CallerSource& callers,
                                                        const grpc::CallbackServerContext& context,
                                                        const v1::QueryRequest& request) {
  auto* stream = new QueryStream(environment, callers, context, request);
  stream->Start();
  return stream;
}

size_t PageRows(uint32_t asked) {
  if (asked == 0) return kDefaultPageRows;
  return std::clamp<size_t>(asked, kMinimumPageRows, kMaximumPageRows);
}

}  // namespace cimvisor::rpc
