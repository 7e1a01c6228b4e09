package dev.lqmf.factory.bench;

import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.runtime.worker.WorkerRuntime;
import dev.lqmf.runtime.worker.WorkerSession;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;

/** A model in a process of its own, by the runtime that suits it. */
final class WorkerRun implements AutoCloseable {
  static final int ANSWER_TOKENS = 48;
  static final int SPEED_TOKENS = 96;
  private static final int WARM_UP_TOKENS = 8;
  private static final int RUNS = 5;

  private final WorkerSession session;
  private final double loadSeconds;

  private WorkerRun(WorkerSession session, double loadSeconds) {
    this.session = session;
    this.loadSeconds = loadSeconds;
  }

  /**
   * Starts a process that loads a model.
   *
   * @param path a GGUF file, a directory with one, or a checkpoint directory
   * @throws InputException if no runtime can run it
   */
  static WorkerRun open(Path path, TorchOptions options) throws IOException {
    long began = System.nanoTime();
    WorkerSession session =
        WorkerRuntime.openSuitable(
            path, new SessionOptions(OptionalInt.empty(), options.threads(), false));
    return new WorkerRun(session, (System.nanoTime() - began) / 1e9);
  }

  /**
   * The likeliest answers.
   *
   * @param progress told which share is done
   */
  Measured.Answers answers(List<Prompt> prompts, DoubleConsumer progress) {
    GenerationOptions options =
        GenerationOptions.GREEDY.withMaxTokens(ANSWER_TOKENS).withChat(true);
    List<String> texts = new ArrayList<>();
    for (Prompt prompt : prompts) {
      StringBuilder text = new StringBuilder();
      session.generate(prompt.text(), options, text::append);
      texts.add(text.toString());
      progress.accept((double) texts.size() / prompts.size());
    }
    return new Measured.Answers(session.runtime(), texts);
  }

  /**
   * Time and memory.
   *
   * @param prompts are read one after the other, as one text
   */
  Measured.Speed speed(List<Prompt> prompts, DoubleConsumer progress) throws IOException {
    String text = prompts.stream().map(Prompt::text).collect(Collectors.joining("\n\n"));
    GenerationOptions options = GenerationOptions.GREEDY.withMaxTokens(SPEED_TOKENS);
    session.generate(text, GenerationOptions.GREEDY.withMaxTokens(WARM_UP_TOKENS), piece -> {});
    List<Double> decode = new ArrayList<>();
    List<Double> prompt = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      // A runtime may keep what it read last time: another beginning makes it read all.
      Generation run = session.generate(i + ". " + text, options, piece -> {});
      if (run.tokensPerSecond() > 0) {
        decode.add(run.tokensPerSecond());
      }
      prompt.add(run.promptTokensPerSecond());
      progress.accept((i + 1.0) / RUNS);
    }
    if (decode.isEmpty()) {
      throw new InputException(
          "the model ends its text at once, so its speed cannot be measured",
          "measure it with other prompts: --prompts FILE");
    }
    decode.sort(null);
    prompt.sort(null);
    return new Measured.Speed(
        session.runtime(),
        decode.get(decode.size() / 2),
        decode.getFirst(),
        decode.getLast(),
        prompt.get(prompt.size() / 2),
        loadSeconds,
        session.peakBytes());
  }

  @Override
  public void close() {
    session.close();
  }
}
