package dev.lqmf.factory.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.memory.Owner;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobJournalTest {
  private static final List<String> COMMAND = List.of("quantize", "a model", "--type", "Q8_0");

  /** Process 1 is there, but did not begin then. */
  private static final Owner GONE = new Owner(1, Optional.of(Instant.EPOCH));

  @TempDir Path directory;
  private Instant now = Instant.parse("2026-01-02T03:04:05.678Z");

  private JobJournal journal() {
    InstantSource clock =
        () -> {
          now = now.plusMillis(1);
          return now;
        };
    return new JobJournal(directory.resolve("jobs"), clock);
  }

  @Test
  void withoutAnyItIsEmptyAndLeavesNoDirectory() throws IOException {
    assertThat(journal().list()).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aJobIsThereUntilItSucceeds() throws IOException {
    JobJournal journal = journal();

    Job job = journal.begin(COMMAND);

    assertThat(journal.list()).containsExactly(job);
    assertThat(job.state()).isEqualTo(Job.State.RUNNING);
    assertThat(job.command()).isEqualTo(COMMAND);
    journal.forget(job);
    assertThat(journal.list()).isEmpty();
    assertThat(directory.resolve("jobs")).isEmptyDirectory();
  }

  @Test
  void aJobWhoseProcessIsGoneIsLost() throws IOException {
    JobJournal journal = journal();
    Job lost = journal.begin(COMMAND, GONE);
    Job running = journal.begin(COMMAND);

    assertThat(journal.list()).containsExactly(running, lost);
    assertThat(lost.state()).isEqualTo(Job.State.LOST);
    assertThat(journal.resumable(Optional.empty())).isEqualTo(lost);
  }

  @Test
  void howAJobEndedIsKept() throws IOException {
    JobJournal journal = journal();
    journal.end(journal.begin(COMMAND), Job.End.FAILED, Optional.of("the disk is full"));
    journal.end(journal.begin(COMMAND), Job.End.INTERRUPTED, Optional.empty());

    assertThat(journal.list())
        .extracting(Job::state)
        .containsExactly(Job.State.INTERRUPTED, Job.State.FAILED);
    assertThat(journal.list().getLast().problem()).contains("the disk is full");
  }

  @Test
  void howFarAJobCameIsKept() throws IOException {
    JobJournal journal = journal();
    Job job = journal.begin(COMMAND);
    assertThat(job.phase()).isEmpty();

    Job testing = journal.enter(journal.enter(job, "quantizing"), "testing");

    assertThat(journal.list()).containsExactly(testing);
    assertThat(testing.phase()).contains("testing");
    journal.end(testing, Job.End.INTERRUPTED, Optional.empty());
    assertThat(journal.list().getFirst().phase()).contains("testing");
  }

  @Test
  void aJobOfAnEarlierVersionHasNoPhase() throws IOException {
    Path jobs = Files.createDirectory(directory.resolve("jobs"));
    Files.writeString(
        jobs.resolve("20250102-030405-678-1.job.json"),
        """
        {"id":"20250102-030405-678-1","command":["quantize","m"],"began":"2025-01-02T03:04:05Z",\
        "owner":{"pid":1,"started":"1970-01-01T00:00:00Z"},"end":null,"problem":null}
        """);

    assertThat(journal().list()).extracting(Job::phase).containsExactly(Optional.empty());
  }

  @Test
  void aJobGoesByTheEndOfItsId() throws IOException {
    JobJournal journal = journal();
    Job job = journal.begin(COMMAND, GONE);

    assertThat(job.id()).isEqualTo("20260102-030405-679-1");
    assertThat(journal.resumable(Optional.of("679-1"))).isEqualTo(job);
    assertThatThrownBy(() -> journal.resumable(Optional.of("4")))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no job '4'");
  }

  @Test
  void whatSucceedsAtLastLeavesNoEarlierTryBehind() throws IOException {
    JobJournal journal = journal();
    journal.end(journal.begin(COMMAND), Job.End.INTERRUPTED, Optional.empty());
    journal.begin(COMMAND, GONE);
    Job other = journal.begin(List.of("quantize", "other"), GONE);
    Job running = journal.begin(COMMAND);

    journal.succeed(journal.begin(COMMAND));

    assertThat(journal.list()).containsExactlyInAnyOrder(running, other);
  }

  @Test
  void whatStillRunsIsNotResumed() throws IOException {
    JobJournal journal = journal();
    assertThatThrownBy(() -> journal.resumable(Optional.empty()))
        .hasMessage("there is no job to resume");

    Job running = journal.begin(COMMAND);

    assertThatThrownBy(() -> journal.resumable(Optional.empty()))
        .hasMessage("job " + running.id() + " is still running");
  }

  @Test
  void aFileThatIsNoJobIsNamed() throws IOException {
    JobJournal journal = journal();
    journal.begin(COMMAND);
    Path file = directory.resolve("jobs/x.job.json");
    Files.writeString(file, "{");

    assertThatThrownBy(journal::list)
        .isInstanceOf(InputException.class)
        .hasMessage(file + " is no record of a job");
  }
}
