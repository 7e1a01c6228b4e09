package dev.lqmf.factory.feedback;

import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.eval.EvalJob;
import dev.lqmf.factory.eval.EvalReport;
import dev.lqmf.factory.eval.EvalRequest;
import dev.lqmf.factory.eval.Protocol;
import dev.lqmf.factory.feedback.HeldOut.Closeness;
import dev.lqmf.runtime.worker.JavaCommand;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Measures a model's predictions in a process of its own, which leaves a file. */
public final class HeldOutProcess {
  private static final int WINDOW = 256;
  private static final int MINUTES = 60;

  private HeldOutProcess() {}

  /** The file: one of both is there. */
  private record Outcome(Optional<HeldOut> measured, Optional<String> problem) {}

  /**
   * Measures.
   *
   * @param windows of the text, at least 1
   * @throws InputException if the model cannot be measured, or its process ends
   */
  static HeldOut measure(Path model, Optional<String> baseline, int windows) throws IOException {
    Path file = Files.createTempFile("lqmf-held-out", ".json");
    try {
      Process process =
          new ProcessBuilder(
                  JavaCommand.of(
                      HeldOutProcess.class,
                      model.toAbsolutePath().toString(),
                      baseline.orElse(""),
                      Integer.toString(windows),
                      file.toString()))
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
    Outcome outcome;
    try {
      outcome = JsonMapper.shared().readValue(Files.readString(file), Outcome.class);
    } catch (JacksonException e) {
      throw new InputException(
          "the process that measured %s ended with status %d".formatted(model, status),
          "free memory, or measure it with 'lqmf eval --max-memory SIZE'",
          e);
    }
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
   * @param args the model, the baseline or nothing, how many windows, the file
   */
  public static void main(String[] args) throws IOException {
    // Nobody would read what it measures.
    ProcessHandle.current().parent().ifPresent(p -> p.onExit().thenRun(() -> System.exit(1)));
    Outcome outcome;
    try {
      outcome =
          new Outcome(
              Optional.of(
                  measure(
                      args[0],
                      args[1].isEmpty() ? Optional.empty() : Optional.of(args[1]),
                      Integer.parseInt(args[2]))),
              Optional.empty());
    } catch (InputException | IOException e) {
      outcome = new Outcome(Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
    }
    Files.writeString(Path.of(args[3]), JsonMapper.shared().writeValueAsString(outcome));
    System.exit(0); // libtorch's threads may keep the process
  }

  private static HeldOut measure(String model, Optional<String> baseline, int windows)
      throws IOException {
    EvalRequest request =
        new EvalRequest(
            List.of(model),
            baseline,
            Optional.empty(),
            Protocol.HALF_WINDOW,
            WINDOW,
            OptionalInt.empty(),
            OptionalInt.of(windows),
            TorchOptions.DEFAULTS);
    EvalReport report = new EvalJob(request, ModelDownload.HUB, _ -> {}).run();
    EvalReport.Result result = report.results().getLast();
    try (StoredModel stored = StoredModel.open(Path.of(model), "model")) {
      return new HeldOut(
          result.perplexity().value(),
          result.perplexity().error(),
          result.predictions(),
          stored.network().vocabulary(),
          result
              .divergence()
              .filter(d -> Double.isFinite(d.mean().value())) // the baseline may be damaged, too
              .map(d -> new Closeness(d.mean().value(), d.sameTop().value())));
    }
  }
}
