package dev.lqmf.factory.feedback;

import dev.lqmf.factory.feedback.Prompts.Prompt;
import dev.lqmf.factory.feedback.TestReport.Answer;
import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.runtime.worker.WorkerRuntime;
import dev.lqmf.runtime.worker.WorkerSession;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Tries models. Each runs in a process of its own, so that whatever happens to it ends as a row of
 * the report. Answers are greedy, so that they repeat.
 */
public final class FeedbackAgent {
  private static final int SECONDS_NANOS = 1_000_000_000;

  private final List<Prompt> prompts;
  private final int tokens;

  /**
   * An agent.
   *
   * @param prompts to be asked, at least one
   * @param tokens the most of an answer
   */
  public FeedbackAgent(List<Prompt> prompts, int tokens) {
    this.prompts = List.copyOf(prompts);
    this.tokens = tokens;
  }

  /** One prompt of each category, short answers. */
  public static FeedbackAgent quick(List<Prompt> prompts) {
    return new FeedbackAgent(Prompts.oneEach(prompts), 48);
  }

  /** All prompts, longer answers. */
  public static FeedbackAgent comprehensive(List<Prompt> prompts) {
    return new FeedbackAgent(prompts, 128);
  }

  /**
   * Tests a model. What goes wrong with it is part of the report.
   *
   * @param progress told about every answer
   */
  public TestReport test(FoundModel model, Consumer<Answer> progress) {
    List<Answer> answers = new ArrayList<>();
    if (model.problem().isPresent()) {
      return new TestReport(model, "", 0, OptionalLong.empty(), answers, model.problem());
    }
    Optional<String> failure = Optional.empty();
    OptionalLong peak = OptionalLong.empty();
    String runtime = "";
    double loadSeconds = 0;
    long began = System.nanoTime();
    try (WorkerSession session =
        WorkerRuntime.openSuitable(model.path(), SessionOptions.DEFAULTS)) {
      loadSeconds = seconds(System.nanoTime() - began);
      runtime = session.runtime();
      // The first pass pays for what later ones find ready.
      session.generate("The", GenerationOptions.GREEDY.withMaxTokens(2), _ -> {});
      for (Prompt prompt : prompts) {
        Answer answer = ask(session, prompt);
        answers.add(answer);
        peak = session.peakBytes();
        progress.accept(answer);
      }
    } catch (InputException | IllegalStateException | IOException e) {
      failure = Optional.of(String.valueOf(e.getMessage()));
    }
    return new TestReport(model, runtime, loadSeconds, peak, answers, failure);
  }

  private Answer ask(WorkerSession session, Prompt prompt) {
    StringBuilder text = new StringBuilder();
    Generation took =
        session.generate(
            prompt.text(),
            GenerationOptions.GREEDY.withMaxTokens(tokens).withChat(true),
            text::append);
    return new Answer(
        prompt,
        text.toString(),
        took.tokens(),
        seconds(took.toFirstText().toNanos()),
        took.tokensPerSecond(),
        took.promptTokensPerSecond(),
        TextMeasures.of(text.toString()));
  }

  private static double seconds(long nanos) {
    return (double) nanos / SECONDS_NANOS;
  }
}
