package dev.lqmf.factory.eval;

import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.TorchOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a user wants to have measured.
 *
 * @param models checkpoint directories, GGUF files, results or hub ids, at least one
 * @param baseline a model whose predictions are what the others should predict
 * @param text UTF-8 file; absent: the test split of WikiText-2
 * @param protocol how the text is cut
 * @param window tokens of a window, at least 4
 * @param maxTokens tokens of the text that are used; absent: as many as the protocol says
 * @param maxWindows windows that are used; absent: all
 * @param torch how to run the models; with a limit for memory, it is for all that run at a time
 */
public record EvalRequest(
    List<String> models,
    Optional<String> baseline,
    Optional<Path> text,
    Protocol protocol,
    int window,
    OptionalInt maxTokens,
    OptionalInt maxWindows,
    TorchOptions torch) {

  /** Tokens of a window unless the user says otherwise. */
  public static final int DEFAULT_WINDOW = 512;

  /**
   * Checks the ranges.
   *
   * @throws InputException if no model is named, or a number is out of range
   */
  public EvalRequest {
    models = List.copyOf(models);
    if (models.isEmpty()) {
      throw new InputException("no model is named", "name at least one");
    }
    if (window < 4) {
      throw new InputException(
          "a window of %d tokens is too small".formatted(window), "use 512, at least 4");
    }
    if (maxTokens.isPresent() && maxTokens.getAsInt() < window) {
      throw new InputException(
          "%d tokens do not fill a window of %d".formatted(maxTokens.getAsInt(), window),
          "raise --max-tokens, or lower --window");
    }
    if (maxWindows.isPresent() && maxWindows.getAsInt() < 1) {
      throw new InputException(
          "%d windows are none".formatted(maxWindows.getAsInt()), "use at least 1");
    }
  }

  /** One model on the shipped text, as the reference perplexities were measured. */
  public static EvalRequest of(String model) {
    return new EvalRequest(
        List.of(model),
        Optional.empty(),
        Optional.empty(),
        Protocol.HALF_WINDOW,
        DEFAULT_WINDOW,
        OptionalInt.empty(),
        OptionalInt.empty(),
        TorchOptions.DEFAULTS);
  }
}
