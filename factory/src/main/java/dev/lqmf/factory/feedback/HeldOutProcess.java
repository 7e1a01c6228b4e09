package dev.lqmf.factory.feedback;

import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.eval.EvalJob;
import dev.lqmf.factory.eval.EvalReport;
import dev.lqmf.factory.eval.EvalRequest;
import dev.lqmf.factory.eval.Protocol;
import dev.lqmf.factory.feedback.HeldOut.Closeness;
import dev.lqmf.factory.feedback.SelfPerplexity.Exchange;
import dev.lqmf.runtime.worker.JavaCommand;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/** Measures a model's predictions in a process of its own, which leaves a file. */
public final class HeldOutProcess {
  private static final int WINDOW = 256;
  private static final int MINUTES = 60;

  private HeldOutProcess() {}

  /** What the file says at first. */
  private record Task(
      String model, Optional<String> baseline, int windows, List<Exchange> answers) {}

  /** What it says in the end: one of both is there. */
  private record Outcome(Optional<HeldOut> measured, Optional<String> problem) {}

  /**
   * Measures.
   *
   * @param baseline to compare with
   * @param windows of the text, at least 1
   * @param answers of the model, which the baseline judges
   * @throws InputException if the model cannot be measured, or its process ends
   */
  static HeldOut measure(Path model, Optional<String> baseline, int windows, List<Exchange> answers)
      throws IOException {
    Path file = Files.createTempFile("lqmf-held-out", ".json");
    try {
      Task task = new Task(model.toAbsolutePath().toString(), baseline, windows, answers);
      Files.writeString(file, JsonMapper.shared().writeValueAsString(task));
      Process process =
          new ProcessBuilder(JavaCommand.of(HeldOutProcess.class, file.toString()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        process.getOutputStream().close();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
          throw new InputException(
              "measuring %s takes more than %d minutes".formatted(model, MINUTES),
              "measure it with 'lqmf eval', which shows its progress");
        }
        return read(file, model, process.exitValue());
      } finally {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException("interrupted while " + model + " is measured", "try again", e);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static HeldOut read(Path file, Path model, int status) throws IOException {
    if (status != 0) {
      throw new InputException(
          "the process that measured %s ended with status %d".formatted(model, status),
          "free memory, or measure it with 'lqmf eval --max-memory SIZE'");
    }
    Outcome outcome = JsonMapper.shared().readValue(Files.readString(file), Outcome.class);
    return outcome
        .measured()
        .orElseThrow(
            () ->
                new InputException(
                    outcome.problem().orElse(model + " was not measured"),
                    "'lqmf eval' says more"));
  }

  /**
   * The process.
   *
   * @param args the file
   */
  public static void main(String[] args) throws IOException {
    // Nobody would read what it measures.
    ProcessHandle.current().parent().ifPresent(p -> p.onExit().thenRun(() -> System.exit(1)));
    Path file = Path.of(args[0]);
    Task task = JsonMapper.shared().readValue(Files.readString(file), Task.class);
    Outcome outcome;
    try {
      outcome = new Outcome(Optional.of(measure(task)), Optional.empty());
    } catch (InputException | IOException e) {
      outcome = new Outcome(Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
    }
    Files.writeString(file, JsonMapper.shared().writeValueAsString(outcome));
    System.exit(0); // libtorch's threads may keep the process
  }

  private static HeldOut measure(Task task) throws IOException {
    EvalRequest request =
        new EvalRequest(
            List.of(task.model()),
            task.baseline(),
            Optional.empty(),
            Protocol.HALF_WINDOW,
            WINDOW,
            OptionalInt.empty(),
            OptionalInt.of(task.windows()),
            TorchOptions.DEFAULTS);
    EvalReport report = new EvalJob(request, ModelDownload.HUB, _ -> {}).run();
    EvalReport.Result result = report.results().getLast();
    // The baseline may be damaged, too.
    Optional<EvalReport.Divergence> divergence =
        result.divergence().filter(d -> Double.isFinite(d.mean().value()));
    OptionalDouble self =
        divergence.isPresent()
            ? SelfPerplexity.of(Path.of(task.baseline().orElseThrow()), task.answers())
            : OptionalDouble.empty();
    return new HeldOut(
        result.perplexity().value(),
        result.perplexity().error(),
        result.predictions(),
        result.vocabulary(),
        divergence.map(d -> new Closeness(d.mean().value(), d.sameTop().value(), self)));
  }
}
