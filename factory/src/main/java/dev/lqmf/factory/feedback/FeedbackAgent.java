package dev.lqmf.factory.feedback;

import dev.lqmf.factory.bench.Rouge;
import dev.lqmf.factory.feedback.Prompts.Prompt;
import dev.lqmf.factory.feedback.SelfPerplexity.Exchange;
import dev.lqmf.factory.feedback.TestReport.Answer;
import dev.lqmf.factory.feedback.TestReport.Outcome;
import dev.lqmf.factory.machine.GpuWatch;
import dev.lqmf.factory.machine.NvidiaSmi;
import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.runtime.worker.WorkerRuntime;
import dev.lqmf.runtime.worker.WorkerSession;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Tries models. Each runs in a process of its own, so that whatever happens to it ends as a row of
 * the report. Answers are greedy, so that they repeat.
 */
public final class FeedbackAgent {
  private static final int SPEED_TOKENS = 32;

  /** Some two hundred tokens: enough to tell how fast they are read. */
  private static final String SPEED_PROMPT =
      """
      A reader who opens an old book of travels finds more than places in it. There are the roads, \
      the prices of bread and of a bed for the night, the names of rivers that have changed since, \
      and the weather of a summer that nobody else wrote down. The writer complains of his shoes, \
      praises a cook, counts the towers of a town from a hill, and gets the number wrong. He is told \
      a story at an inn and believes half of it. When he comes home he cannot say what he has \
      learned, and so he writes all of it down, in the order in which it happened, and leaves it to \
      us. What we learn from him is how long a day was, how far a voice carried over the water, and \
      how much of what seemed important to him has been forgotten by everyone but him.""";

  private final TestPlan plan;
  private final NvidiaSmi nvidia;
  private final Object lock = new Object();
  private @Nullable List<String> baselineTexts;
  private @Nullable WorkerSession open;
  private @Nullable Thread tester;
  private boolean cancelled;

  /** An agent that tests in this way. */
  public FeedbackAgent(TestPlan plan) {
    this(plan, NvidiaSmi.ofProcess());
  }

  /** An agent that asks this program about the graphics cards. */
  FeedbackAgent(TestPlan plan, NvidiaSmi nvidia) {
    this.plan = plan;
    this.nvidia = nvidia;
  }

  /**
   * Tests a model. What goes wrong with it is part of the report.
   *
   * @param progress told about every answer
   * @throws CancellationException if it was cancelled meanwhile
   */
  public TestReport test(FoundModel model, Consumer<Answer> progress) {
    if (model.problem().isPresent()) {
      return TestReport.without(model, plan.mode(), Outcome.FAILED, model.problem().get());
    }
    if (!model.generates()) {
      return TestReport.notTested(
          model, plan.mode(), model.architecture() + " has no decoder, so it generates no text");
    }
    Run run = new Run(model, progress);
    begin(Thread.currentThread());
    try {
      run.answers();
      run.rouge();
      run.heldOut();
    } finally {
      begin(null);
    }
    if (isCancelled()) {
      var _ = Thread.interrupted(); // it has served its purpose
      throw new CancellationException("cancelled");
    }
    return run.report();
  }

  private void begin(@Nullable Thread thread) {
    synchronized (lock) {
      tester = thread;
    }
  }

  private boolean isCancelled() {
    synchronized (lock) {
      return cancelled;
    }
  }

  /** Ends the test that runs, and all later ones; may be called from any thread. */
  public void cancel() {
    synchronized (lock) {
      cancelled = true;
      if (open != null) {
        open.close();
      }
      if (tester != null) {
        tester.interrupt();
      }
    }
  }

  private WorkerSession open(Path model) throws IOException {
    WorkerSession session = WorkerRuntime.openSuitable(model, SessionOptions.DEFAULTS);
    synchronized (lock) {
      open = session;
      if (cancelled) {
        session.close();
      }
    }
    return session;
  }

  /** One test, as far as it got. */
  private final class Run {
    private final FoundModel model;
    private final Consumer<Answer> progress;
    private final List<Answer> answers = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private Optional<String> failure = Optional.empty();
    private Optional<Speed> speed = Optional.empty();
    private OptionalDouble rouge = OptionalDouble.empty();
    private Optional<HeldOut> heldOut = Optional.empty();
    private Resources resources = Resources.unknown();
    private String runtime = "";
    private double loadSeconds;

    Run(FoundModel model, Consumer<Answer> progress) {
      this.model = model;
      this.progress = progress;
    }

    void answers() {
      Optional<GpuWatch> cards = nvidia.watch();
      try {
        converse();
        resources = resources.with(cards.flatMap(GpuWatch::soFar));
      } finally {
        cards.ifPresent(GpuWatch::close);
      }
    }

    private void converse() {
      long began = System.nanoTime();
      try (WorkerSession session = open(model.path())) {
        loadSeconds = seconds(System.nanoTime() - began);
        runtime = session.runtime();
        Optional<ProcessWatch> watch = ProcessWatch.start(session.pid());
        try {
          // The first pass pays for what later ones find ready.
          session.generate("The", GenerationOptions.GREEDY.withMaxTokens(2), _ -> {});
          for (Prompt prompt : plan.prompts()) {
            Answer answer = ask(session, prompt);
            answers.add(answer);
            progress.accept(answer);
          }
          if (plan.speedRuns() > 0) {
            speed = speed(session, plan.speedRuns());
          }
          watch.ifPresent(w -> resources = w.soFar());
        } finally {
          watch.ifPresent(ProcessWatch::close);
        }
      } catch (InputException | IllegalStateException | IOException e) {
        failure = Optional.of(String.valueOf(e.getMessage()));
      }
    }

    /** How like the baseline's its answers are. */
    void rouge() {
      if (failure.isPresent() || plan.baseline().isEmpty()) {
        return;
      }
      try {
        List<String> expected = baselineTexts(plan.baseline().get());
        rouge =
            IntStream.range(0, answers.size())
                .mapToDouble(
                    i -> Rouge.score(expected.get(i), answers.get(i).text()).longest().f1())
                .average();
      } catch (InputException | IllegalStateException | IOException e) {
        notes.add("its answers were not compared: " + e.getMessage());
      }
    }

    void heldOut() {
      if (failure.isPresent() || plan.windows() == 0) {
        return;
      }
      try {
        HeldOut measured = predictions();
        if (Double.isFinite(measured.perplexity())) {
          heldOut = Optional.of(measured);
        }
        failure = damage(measured);
      } catch (InputException | IOException e) {
        notes.add("its predictions were not measured: " + e.getMessage());
      }
    }

    private HeldOut predictions() throws IOException {
      int windows = plan.windowsFor(model.elements());
      if (plan.baseline().isPresent()) {
        List<Exchange> exchanges =
            answers.stream().map(a -> new Exchange(a.prompt().text(), a.text())).toList();
        try {
          return HeldOutProcess.measure(model.path(), plan.baseline(), windows, exchanges);
        } catch (InputException e) {
          notes.add("its predictions were not compared: " + e.getMessage());
        }
      }
      return HeldOutProcess.measure(model.path(), Optional.empty(), windows, List.of());
    }

    /** Damaged weights still load, and give words. */
    private static Optional<String> damage(HeldOut measured) {
      if (!Double.isFinite(measured.perplexity())) {
        return Optional.of(
            "its predictions are no numbers (perplexity %s): weights are damaged"
                .formatted(measured.perplexity()));
      }
      return measured.prediction() > 0
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "it predicts a text no better than a guess: perplexity %.4g of %d tokens",
                  measured.perplexity(),
                  measured.vocabulary()));
    }

    TestReport report() {
      if (failure.isEmpty() && answers.stream().noneMatch(a -> a.measures().words() > 0)) {
        failure =
            answers.stream()
                .flatMap(a -> a.failure().stream())
                .findFirst()
                .or(() -> Optional.of("it answers nothing in words"));
      }
      return new TestReport(
          model,
          plan.mode(),
          failure.isEmpty() ? Outcome.PASSED : Outcome.FAILED,
          failure,
          runtime,
          loadSeconds,
          speed,
          resources,
          rouge,
          heldOut,
          notes,
          answers);
    }
  }

  /** What the baseline answers; it is asked once. */
  private List<String> baselineTexts(String baseline) throws IOException {
    if (baselineTexts == null) {
      try (WorkerSession session = open(Path.of(baseline))) {
        baselineTexts = plan.prompts().stream().map(p -> ask(session, p).text()).toList();
      }
    }
    return baselineTexts;
  }

  /**
   * A prompt that the model refuses is an answer without text; a process that ended is an error.
   */
  private Answer ask(WorkerSession session, Prompt prompt) {
    StringBuilder text = new StringBuilder();
    try {
      Generation took =
          session.generate(
              prompt.text(),
              GenerationOptions.GREEDY.withMaxTokens(plan.tokens()).withChat(true),
              text::append);
      return new Answer(
          prompt,
          text.toString(),
          took.tokens(),
          seconds(took.toFirstText().toNanos()),
          took.tokensPerSecond(),
          took.promptTokensPerSecond(),
          TextMeasures.of(prompt.text(), text.toString()),
          Optional.empty());
    } catch (InputException e) {
      if (isAlive(session)) {
        return new Answer(
            prompt,
            "",
            0,
            0,
            0,
            0,
            TextMeasures.of(prompt.text(), ""),
            Optional.of(String.valueOf(e.getMessage())));
      }
      throw e;
    }
  }

  /** Reads and continues a text several times; what is read begins differently each time. */
  private static Optional<Speed> speed(WorkerSession session, int runs) {
    GenerationOptions options = GenerationOptions.GREEDY.withMaxTokens(SPEED_TOKENS);
    List<Double> firstText = new ArrayList<>();
    List<Double> prompt = new ArrayList<>();
    List<Double> decode = new ArrayList<>();
    for (int i = 0; i <= runs; i++) {
      Generation run;
      try {
        run = session.generate(i + ". " + SPEED_PROMPT, options, _ -> {});
      } catch (InputException e) {
        if (isAlive(session)) {
          return Optional.empty(); // its context is too short
        }
        throw e;
      }
      if (i > 0 && run.tokensPerSecond() > 0) { // the first warms up
        firstText.add(seconds(run.toFirstText().toNanos()));
        prompt.add(run.promptTokensPerSecond());
        decode.add(run.tokensPerSecond());
      }
    }
    return decode.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Speed(decode.size(), Spread.of(firstText), Spread.of(prompt), Spread.of(decode)));
  }

  private static boolean isAlive(WorkerSession session) {
    return ProcessHandle.of(session.pid()).map(ProcessHandle::isAlive).orElse(false);
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }
}
