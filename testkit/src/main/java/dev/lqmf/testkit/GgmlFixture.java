package dev.lqmf.testkit;

import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What ggml makes of a set of inputs, for one type; written by {@code
 * interop/ggml/GenerateFixtures.java}.
 *
 * @param provenance the library that gave the results and the command that asked it
 * @param anyFloats how ggml converts floats that need not be finite; only for plain types
 * @param relativeError what ggml loses on normal weights: root mean square of the error over root
 *     mean square of the weights
 */
public record GgmlFixture(
    TensorType type,
    Map<String, String> provenance,
    double relativeError,
    RandomBlocks randomBlocks,
    @Nullable AnyFloats anyFloats,
    List<Result> results) {

  /**
   * Blocks of {@link SeededRows#bytes} and what ggml decodes from them.
   *
   * @param decoded SHA-256 of the floats, as {@link Hashes#sha256(float[])}
   */
  public record RandomBlocks(long seed, int blocks, String decoded) {}

  /**
   * {@link SeededRows#anyFloats} and what ggml encodes them to.
   *
   * @param encoded SHA-256 of the bytes
   */
  public record AnyFloats(long seed, int elements, String encoded) {}

  /**
   * One {@link EncoderCase} and what ggml made of it.
   *
   * @param encoded SHA-256 of the encoded bytes
   * @param decoded SHA-256 of the floats decoded from them, as {@link Hashes#sha256(float[])}
   */
  public record Result(
      SeededRows.Distribution distribution,
      long seed,
      int rows,
      int rowLength,
      boolean weighted,
      String encoded,
      String decoded) {

    public EncoderCase input() {
      return new EncoderCase(distribution, seed, rows, rowLength, weighted);
    }
  }

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The fixture of a type, from the class path. */
  public static GgmlFixture of(TensorType type) {
    String resource = "/golden/ggml/" + type + ".json";
    try (InputStream in = GgmlFixture.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new AssertionError(
            "no fixture "
                + resource
                + ": make it with interop/fixtures.sh LIBGGML_BASE.SO "
                + type);
      }
      return JSON.readValue(in, GgmlFixture.class);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }
}
