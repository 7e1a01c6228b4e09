package dev.lqmf.factory;

import dev.lqmf.factory.calibration.CalibrationText;
import dev.lqmf.factory.calibration.CalibrationTokens;
import dev.lqmf.factory.calibration.ImatrixRun;
import dev.lqmf.quant.imatrix.MeasuredImatrix;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Measures an importance matrix.
 *
 * @param input a checkpoint directory, a GGUF file or a hub id
 * @param text to read; absent: the text that comes with the program
 * @param length tokens of a sequence; absent: {@link #DEFAULT_LENGTH}, or what the model reads
 * @param chunks sequences at most; absent: all that the text fills
 * @param torch device, precision and threads
 */
public record ImatrixJob(
    String input, Optional<Path> text, OptionalInt length, OptionalInt chunks, TorchOptions torch) {

  /** Tokens of a sequence, as {@code llama-imatrix} has it. */
  public static final int DEFAULT_LENGTH = 512;

  /**
   * Checks the ranges.
   *
   * @throws InputException if a number is out of range
   */
  public ImatrixJob {
    if (length.isPresent() && length.getAsInt() < 16) {
      throw new InputException(
          "sequences of %d tokens are too short".formatted(length.getAsInt()),
          "use at least 16, better 512");
    }
    if (chunks.isPresent() && chunks.getAsInt() < 1) {
      throw new InputException(
          "cannot measure with %d sequences".formatted(chunks.getAsInt()), "use at least 1");
    }
  }

  /**
   * A job with everything at its default.
   *
   * @param text to read; absent: the text that comes with the program
   */
  public static ImatrixJob of(String input, Optional<Path> text, int threads) {
    return new ImatrixJob(
        input,
        text,
        OptionalInt.empty(),
        OptionalInt.empty(),
        TorchOptions.DEFAULTS.withThreads(threads));
  }

  /** Learns how a job goes on. */
  public interface Listener {
    /** The text is cut. */
    void cut(String model, String text, int sequences, int length);

    /** Some blocks of all are done. Told again and again; what it throws ends the job. */
    void blocks(int done, int all);
  }

  /**
   * Runs it.
   *
   * @param finding is told about a download
   * @throws InputException if the model or the text cannot be used
   */
  public MeasuredImatrix run(ModelDownload download, Consumer<JobEvent> finding, Listener listener)
      throws IOException {
    ModelLocation location = new InputResolver(download, finding).locate(input);
    return run(location, listener);
  }

  private MeasuredImatrix run(ModelLocation location, Listener listener) throws IOException {
    CalibrationText read = CalibrationText.of(text);
    try (StoredModel model = StoredModel.open(location.path(), location.name())) {
      CalibrationTokens tokens = tokens(model, read);
      listener.cut(model.name(), read.name(), tokens.count(), tokens.length());
      int all = model.network().blocks().size();
      IntConsumer progress =
          done -> {
            if (Thread.currentThread().isInterrupted()) { // by the prompt
              throw new CancellationException("interrupted");
            }
            listener.blocks(done, all);
          };
      return ImatrixRun.measure(location.path(), model, tokens, read.name(), torch, progress);
    }
  }

  /**
   * Takes what was measured before, or measures it and keeps it.
   *
   * @param fingerprint of the model
   * @param measuring told about measuring what is not there, which an exception prevents; absent:
   *     it is not measured, and nothing is written
   * @return empty if it is not there
   */
  Optional<MeasuredImatrix> run(
      ModelLocation location,
      String fingerprint,
      KeptImatrices kept,
      Optional<Consumer<JobEvent>> measuring)
      throws IOException {
    CalibrationText read = CalibrationText.of(text);
    try (StoredModel model = StoredModel.open(location.path(), location.name())) {
      CalibrationTokens tokens = tokens(model, read);
      Optional<MeasuredImatrix> known = kept.find(fingerprint, tokens, read.name());
      if (known.isPresent() || measuring.isEmpty()) {
        return known;
      }
      int all = model.network().blocks().size();
      long memory = CalibrationMemory.pass(model.network(), tokens);
      measuring.get().accept(new JobEvent.Calibrating(0, all, memory));
      IntConsumer progress = done -> measuring.get().accept(new JobEvent.Calibrating(done, all, 0));
      MeasuredImatrix measured =
          ImatrixRun.measure(location.path(), model, tokens, read.name(), torch, progress);
      kept.keep(fingerprint, tokens, measured);
      return Optional.of(measured);
    }
  }

  private CalibrationTokens tokens(StoredModel model, CalibrationText read) throws IOException {
    int limit = model.network().maxLength().orElse(Integer.MAX_VALUE);
    int wanted = length.orElse(Math.min(DEFAULT_LENGTH, limit));
    if (wanted > limit) {
      throw new InputException(
          "%s reads %d tokens at most, not sequences of %d".formatted(model.name(), limit, wanted),
          "use shorter sequences: --ctx-size " + limit);
    }
    try (TextTokenizer tokenizer = model.tokenizer().open()) {
      return read.chunks(tokenizer, wanted, chunks.orElse(Integer.MAX_VALUE));
    }
  }
}
