package dev.lqmf.factory.bench;

import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.Runtimes;
import dev.lqmf.runtime.Session;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.runtime.worker.WorkerRuntime;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.SplitName;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A model in a process of its own, by the runtime that suits it. */
final class WorkerRun implements AutoCloseable {
  static final int ANSWER_TOKENS = 48;
  static final int SPEED_TOKENS = 96;
  private static final int WARM_UP_TOKENS = 8;
  private static final int RUNS = 5;
  private static final String LLAMA_CPP = "llama.cpp";
  private static final String TORCH = "torch";

  private final Session session;
  private final String runtime;
  private final double loadSeconds;
  private final OptionalLong pid;

  private WorkerRun(Session session, String runtime, double loadSeconds, OptionalLong pid) {
    this.session = session;
    this.runtime = runtime;
    this.loadSeconds = loadSeconds;
    this.pid = pid;
  }

  /**
   * Starts a process that loads a model.
   *
   * @param path a GGUF file, a directory with one, or a checkpoint directory
   * @throws InputException if no runtime can run it
   */
  static WorkerRun open(Path path, TorchOptions options) throws IOException {
    Path model = file(path);
    if (Files.isDirectory(model)) {
      return open(TORCH, model, options);
    }
    try {
      return open(LLAMA_CPP, model, options);
    } catch (InputException refused) {
      try {
        return open(TORCH, model, options);
      } catch (InputException | IOException e) {
        refused.addSuppressed(e);
        throw refused;
      }
    }
  }

  private static WorkerRun open(String runtime, Path model, TorchOptions options)
      throws IOException {
    Set<Long> before = children();
    long began = System.nanoTime();
    Session session =
        new WorkerRuntime(Runtimes.named(runtime))
            .open(model, new SessionOptions(OptionalInt.empty(), options.threads(), false));
    double seconds = (System.nanoTime() - began) / 1e9;
    Set<Long> started = children();
    started.removeAll(before);
    return new WorkerRun(
        session, runtime, seconds, started.stream().mapToLong(Long::longValue).findFirst());
  }

  private static Set<Long> children() {
    return ProcessHandle.current()
        .children()
        .map(ProcessHandle::pid)
        .collect(Collectors.toCollection(java.util.HashSet::new));
  }

  /** The file that llama.cpp opens; a checkpoint is its directory. */
  private static Path file(Path path) throws IOException {
    if (!Files.isDirectory(path) || Files.exists(path.resolve("config.json"))) {
      return path;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files
          .filter(f -> f.getFileName().toString().endsWith(".gguf"))
          .filter(f -> SplitName.parse(f).map(s -> s.no() == 0).orElse(true))
          .sorted()
          .findFirst()
          .orElseThrow(
              () -> new InputException("there is no model in " + path, "name a model's directory"));
    }
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
    return new Measured.Answers(runtime, texts);
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
        runtime,
        decode.get(decode.size() / 2),
        decode.getFirst(),
        decode.getLast(),
        prompt.get(prompt.size() / 2),
        loadSeconds,
        peakMemory());
  }

  /** The high-water mark of resident memory; Linux alone tells it. */
  private OptionalLong peakMemory() throws IOException {
    if (pid.isEmpty()) {
      return OptionalLong.empty();
    }
    Path status = Path.of("/proc", Long.toString(pid.getAsLong()), "status");
    if (!Files.isReadable(status)) {
      return OptionalLong.empty();
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst();
  }

  @Override
  public void close() {
    session.close();
  }
}
