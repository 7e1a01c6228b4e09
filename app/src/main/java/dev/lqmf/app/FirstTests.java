package dev.lqmf.app;

import dev.lqmf.app.output.Units;
import dev.lqmf.app.prompt.Cancellation;
import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.OutputReport;
import dev.lqmf.factory.QuantMethods;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.feedback.Discovery;
import dev.lqmf.factory.feedback.FeedbackAgent;
import dev.lqmf.factory.feedback.FoundModel;
import dev.lqmf.factory.feedback.Prompts;
import dev.lqmf.factory.feedback.TestPlan;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.factory.feedback.TestStore;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** Tries new results. What fails is kept, and marked: its directory tells why. */
final class FirstTests {
  /** Stored bytes of the largest original that is run for comparison: half a billion weights. */
  private static final long LARGEST_BASELINE = 1_000_000_000;

  private final Workplace workplace;
  private final Consumer<JobEvent> events;
  private final Consumer<String> notice;
  private final boolean record;

  /**
   * Tests.
   *
   * @param events told when a test begins, and how it ends
   * @param notice told what a person should know
   * @param record whether anything may be left but a file in the result's own directory
   */
  FirstTests(
      Workplace workplace, Consumer<JobEvent> events, Consumer<String> notice, boolean record) {
    this.workplace = workplace;
    this.events = events;
    this.notice = notice;
    this.record = record;
  }

  /**
   * Tests the results that were made just now, and those that an earlier run made and did not come
   * to test.
   *
   * @param method what made them
   * @param found told of each as it ends
   * @return by their directories
   */
  Map<Path, TestReport> of(QuantizeReport report, String method, Consumer<TestReport> found) {
    boolean foreign = QuantMethods.named(method).plugin().isPresent();
    Map<Path, TestReport> tests = new LinkedHashMap<>();
    TestPlan quick = TestPlan.quick(Prompts.shipped());
    Optional<String> alone = whyAlone(report);
    FeedbackAgent agent =
        new FeedbackAgent(alone.isPresent() ? quick : quick.withBaseline(original(report)));
    Cancellation.by(agent::cancel);
    try {
      for (OutputReport output : report.outputs()) {
        if (!output.reused() || !Files.exists(output.directory().resolve(TestStore.BESIDE))) {
          events.accept(new JobEvent.Testing(output.directory()));
          Optional<TestReport> test =
              test(
                  agent, output.directory(), foreign, alone.map(why -> "not compared with " + why));
          test.ifPresent(t -> events.accept(tested(output.directory(), t)));
          test.ifPresent(found);
          test.ifPresent(t -> tests.put(output.directory(), t));
        }
      }
    } catch (CancellationException e) {
      notice.accept("cancelled: 'lqmf test' tests what is not tested now");
    }
    if (record && !tests.isEmpty()) {
      new TestRecord(new MeasurementRecord(workplace, notice)).add(List.copyOf(tests.values()));
    }
    return tests;
  }

  private static String original(QuantizeReport report) {
    return report.input().toAbsolutePath().toString();
  }

  /** Why results are not compared with what they were made of; absent if they are. */
  private static Optional<String> whyAlone(QuantizeReport report) {
    String mend = "; 'lqmf test NAME --baseline %s' does it".formatted(report.input());
    if (report.inputBytes() > LARGEST_BASELINE) {
      return Optional.of(
          "the original, which has %s and would take long%s"
              .formatted(Units.bytes(report.inputBytes()), mend));
    }
    try {
      return Discovery.at(report.input())
          .problem()
          .map(problem -> "the original, which LQMF cannot run: " + problem);
    } catch (IOException | InputException e) {
      return Optional.of("the original, which cannot be opened: " + e.getMessage());
    }
  }

  private static JobEvent tested(Path directory, TestReport test) {
    return new JobEvent.Tested(directory, test.outcome().label(), test.reason());
  }

  private Optional<TestReport> test(
      FeedbackAgent agent, Path directory, boolean foreign, Optional<String> note) {
    TestReport test;
    try {
      FoundModel model = Discovery.at(directory);
      test =
          foreign && model.problem().isPresent()
              ? TestReport.notTested(model, "quick", model.problem().get())
              : agent.test(model, _ -> {});
      if (note.isPresent() && !test.answers().isEmpty()) {
        test = test.with(note.get());
      }
    } catch (CancellationException e) {
      throw e;
    } catch (RuntimeException | IOException e) { // whatever it is, the result is there
      notice.accept("%s is not tested: %s".formatted(directory, e.getMessage()));
      return Optional.empty();
    }
    try {
      TestStore store =
          new TestStore(workplace.file(BenchCommand.DIRECTORY), InstantSource.system());
      store.keepBeside(test);
      if (record) {
        store.keep(test);
      }
    } catch (IOException e) {
      notice.accept("the test of %s is not kept: %s".formatted(directory, e.getMessage()));
    }
    return Optional.of(test);
  }
}
