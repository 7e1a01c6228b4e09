package dev.lqmf.factory.calibration;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A text to calibrate with.
 *
 * @param name for people and metadata: the file's, or that of the text that comes with the program
 * @param text all of it
 */
public record CalibrationText(String name, String text) {
  private static final String SHIPPED = "calibration.txt";

  /**
   * A file, or else the text that comes with the program: prose, code, several languages and
   * dialogue. {@code README.md} beside it tells where it comes from.
   *
   * @throws InputException if there is no such file, or it is not UTF-8
   */
  public static CalibrationText of(Optional<Path> file) throws IOException {
    if (file.isPresent()) {
      Path path = file.get();
      String text =
          JsonFiles.text(path)
              .orElseThrow(
                  () ->
                      new InputException(
                          "there is no calibration text " + path, "check the path of the file"));
      return new CalibrationText(String.valueOf(path.getFileName()), text);
    }
    try (InputStream shipped =
        Objects.requireNonNull(CalibrationText.class.getResourceAsStream(SHIPPED), SHIPPED)) {
      return new CalibrationText(
          "lqmf-calibration", new String(shipped.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /**
   * Sequences for GPTQ: the text is tokenized in one piece without special tokens and cut from the
   * beginning; the first token of each sequence is replaced by the one that begins a text, if the
   * model has one. What is left at the end is dropped.
   *
   * @param length tokens of a sequence
   * @param most sequences; a short text has fewer
   * @throws InputException if the text does not fill one
   */
  public CalibrationTokens samples(TextTokenizer tokenizer, int length, int most) {
    return cut(tokenizer.encode(text, false), tokenizer.bos(), length, most, 1);
  }

  /**
   * Sequences as {@code llama-imatrix} cuts them: special tokens that stand in the text are text;
   * if the tokenizer begins a text with a token, it is put in front of all, and then takes the
   * place of the first token of each sequence.
   *
   * @param length tokens of a sequence
   * @param most sequences; a short text has fewer
   * @throws InputException if the text does not fill two
   */
  public CalibrationTokens chunks(TextTokenizer tokenizer, int length, int most) {
    int[] tokens;
    try (TextTokenizer plain = tokenizer.withoutSpecialTokensInText()) {
      tokens = plain.encode(text, false);
    }
    OptionalInt first = tokenizer.addsBos() ? tokenizer.bos() : OptionalInt.empty();
    if (first.isPresent()) {
      int[] begun = new int[tokens.length + 1];
      begun[0] = first.getAsInt();
      System.arraycopy(tokens, 0, begun, 1, tokens.length);
      tokens = begun;
    }
    return cut(tokens, first, length, most, 2);
  }

  private CalibrationTokens cut(
      int[] tokens, OptionalInt first, int length, int most, int atLeast) {
    int count = Math.min(most, tokens.length / length);
    if (tokens.length < (long) atLeast * length) {
      throw new InputException(
          "%s has %,d tokens, but calibration needs %,d at least"
              .formatted(name, tokens.length, (long) atLeast * length),
          "give a longer text, or use shorter sequences");
    }
    int[][] sequences = new int[count][length];
    for (int i = 0; i < count; i++) {
      System.arraycopy(tokens, i * length, sequences[i], 0, length);
      if (first.isPresent()) {
        sequences[i][0] = first.getAsInt();
      }
    }
    return new CalibrationTokens(sequences);
  }
}
