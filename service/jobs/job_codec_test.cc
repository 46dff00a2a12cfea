#include "service/jobs/job_codec.h"

#include <gtest/gtest.h>

#include "service/jobs/job_record.pb.h"

namespace cimvisor::jobs {
namespace {

Job FullJob() {
  Job job;
  job.id = "0A0B";
  job.name = "Starting";
  job.type = 65535;
  job.owner = "root";
  job.state = JobState::kCompletedWithWarnings;
  job.percent_complete = 100;
  job.status = "done";
  job.error_code = 4000000000;
  job.error_description = "not UTF-8: \xff\xfe";
  job.cancellable = true;
  job.affected = {{"machine", "M"}, {"disk", "D"}};
  job.created = absl::FromUnixMicros(1);
  job.started = absl::FromUnixMicros(2);
  job.state_changed = absl::FromUnixMicros(3);
  job.ended = absl::FromUnixMicros(4);
  job.time_before_removal = absl::Seconds(7);
  job.resolver = "inventory";
  job.intent = std::string("\0\1", 2);
  return job;
}

TEST(JobCodecTest, EveryFieldComesBack) {
  const auto full = DecodeJob(EncodeJob(FullJob()));
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(*full, FullJob());
  Job fresh;
  fresh.id = "X";
  const auto decoded = DecodeJob(EncodeJob(fresh));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, fresh) << "times that are not yet";
}

TEST(JobCodecTest, ChangesComeBack) {
  Job before = FullJob();
  before.state = JobState::kRunning;
  for (const JobChange& change :
       {JobChange{before, FullJob()}, JobChange{std::nullopt, FullJob()}, JobChange{before, std::nullopt}}) {
    const auto decoded = DecodeJobChange(EncodeJobChange(change));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->before, change.before);
    EXPECT_EQ(decoded->after, change.after);
  }
}

TEST(JobCodecTest, BadRecordsAreRefused) {
  EXPECT_TRUE(absl::IsDataLoss(DecodeJob("").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeJob("\xff\xff\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeJobChange("garbage").status()));
  JobRecord record;
  ASSERT_TRUE(record.ParseFromString(EncodeJob(FullJob())));
  const auto status = [](JobRecord changed) { return DecodeJob(changed.SerializeAsString()).status(); };
  JobRecord newer = record;
  newer.set_version(2);
  EXPECT_TRUE(absl::IsFailedPrecondition(status(newer)));
  JobRecord no_state = record;
  no_state.set_state(12);
  EXPECT_TRUE(absl::IsDataLoss(status(no_state)));
  JobRecord percent = record;
  percent.set_percent_complete(101);
  EXPECT_TRUE(absl::IsDataLoss(status(percent)));
  JobRecord no_id = record;
  no_id.clear_id();
  EXPECT_TRUE(absl::IsDataLoss(status(no_id)));
}

TEST(JobCodecTest, FinalStates) {
  for (const JobState state : {JobState::kCompleted, JobState::kTerminated, JobState::kKilled, JobState::kException,
                               JobState::kCompletedWithWarnings}) {
    EXPECT_TRUE(IsFinal(state));
  }
  for (const JobState state : {JobState::kNew, JobState::kStarting, JobState::kRunning, JobState::kSuspended,
                               JobState::kShuttingDown, JobState::kService}) {
    EXPECT_FALSE(IsFinal(state));
  }
}

}  // namespace
}  // namespace cimvisor::jobs
