package ggml;

import dev.lqmf.tensor.TensorType;
import dev.lqmf.testkit.EncoderCase;
import dev.lqmf.testkit.Hashes;
import dev.lqmf.testkit.SeededRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks ggml itself what the encoders have to give, and writes it down: one file per type, or the
 * table of sizes for the type name {@code sizes}.
 *
 * <p>Arguments: libggml-base.so, where it comes from (package@version), the directory of the
 * fixtures, names of types. {@code interop/fixtures.sh} gives the class path.
 */
final class GenerateFixtures {
  private static final long SEED = 20_000;
  private static final int MANY = 1 << 18;

  private final Ggml ggml;
  private final String origin;

  private GenerateFixtures(Ggml ggml, String origin) {
    this.ggml = ggml;
    this.origin = origin;
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 4) {
      System.err.println("GenerateFixtures LIBGGML_BASE.SO PACKAGE@VERSION DIRECTORY TYPE...");
      System.exit(2);
    }
    Path directory = Path.of(arguments[2]);
    GenerateFixtures generator =
        new GenerateFixtures(new Ggml(Path.of(arguments[0])), arguments[1]);
    for (String name : List.of(arguments).subList(3, arguments.length)) {
      String json = name.equals("sizes") ? generator.sizes() : generator.type(name);
      Files.writeString(directory.resolve(name + ".json"), json);
      System.out.println(name);
    }
  }

  private String type(String name) {
    TensorType type = TensorType.valueOf(name);
    List<String> results = new ArrayList<>();
    for (EncoderCase input : EncoderCase.plan(type, SEED)) {
      byte[] encoded =
          ggml.encode(
              type, input.values(), input.rows(), input.rowLength(), input.importance());
      float[] decoded = ggml.decode(type, encoded, input.elements());
      results.add(
          """
              {"distribution": "%s", "seed": %d, "rows": %d, "rowLength": %d, "weighted": %b,
               "encoded": "%s",
               "decoded": "%s"}"""
              .formatted(
                  input.distribution(),
                  input.seed(),
                  input.rows(),
                  input.rowLength(),
                  input.weighted(),
                  Hashes.sha256(encoded),
                  Hashes.sha256(decoded))
              .indent(4)
              .stripTrailing());
    }
    return """
        {
          "type": "%s",
          "provenance": %s,
          "relativeError": %.6f,
          "randomBlocks": %s,%s
          "results": [
        %s
          ]
        }
        """
        .formatted(
            type,
            provenance(name),
            relativeError(type),
            randomBlocks(type),
            anyFloats(type),
            String.join(",\n", results));
  }

  private String randomBlocks(TensorType type) {
    int blocks = type.blockElements() == 1 ? 1 << 16 : 131;
    byte[] bytes = SeededRows.bytes(SEED, blocks * type.blockBytes());
    float[] decoded = ggml.decode(type, bytes, blocks * type.blockElements());
    return "{\"seed\": %d, \"blocks\": %d,\n    \"decoded\": \"%s\"}"
        .formatted(SEED, blocks, Hashes.sha256(decoded));
  }

  /** A plain type's conversion of floats that need not be finite; nothing for blocks. */
  private String anyFloats(TensorType type) {
    if (type.blockElements() > 1) {
      return "";
    }
    float[] values = SeededRows.anyFloats(SEED, MANY);
    byte[] encoded = ggml.encode(type, values, 1, values.length, null);
    return "\n  \"anyFloats\": {\"seed\": %d, \"elements\": %d,\n    \"encoded\": \"%s\"},"
        .formatted(SEED, values.length, Hashes.sha256(encoded));
  }

  /** What ggml loses on normal weights. */
  private double relativeError(TensorType type) {
    int rowLength = 1024;
    float[] values =
        SeededRows.values(
            SeededRows.Distribution.NORMAL, SEED, MANY / rowLength, rowLength);
    byte[] encoded = ggml.encode(type, values, values.length / rowLength, rowLength, null);
    float[] decoded = ggml.decode(type, encoded, values.length);
    double error = 0;
    double power = 0;
    for (int i = 0; i < values.length; i++) {
      double difference = (double) decoded[i] - values[i];
      error += difference * difference;
      power += (double) values[i] * values[i];
    }
    return Math.sqrt(error / power);
  }

  /** Every type that ggml has, with its name and sizes. */
  private String sizes() {
    List<String> types = new ArrayList<>();
    // ggml checks the id only against its own count; past the last one it aborts.
    for (TensorType type : TensorType.values()) {
      int id = type.ggufId();
      if (id >= 0) {
        types.add(
            "    {\"id\": %d, \"name\": \"%s\", \"blockElements\": %d, \"blockBytes\": %d}"
                .formatted(
                    id, ggml.typeName(id), ggml.blockElements(id), ggml.blockBytes(id)));
      }
    }
    return """
        {
          "provenance": %s,
          "types": [
        %s
          ]
        }
        """
        .formatted(provenance("sizes"), String.join(",\n", types));
  }

  private String provenance(String name) {
    return """
        {
            "library": "%s, libggml-base.so",
            "sha256": "%s",
            "ggml": "%s",
            "command": "interop/fixtures.sh LIBGGML_BASE.SO %s",
            "seed": "%d",
            "date": "%s"
          }"""
        .formatted(
            origin, ggml.sha256(), ggml.version(), name, SEED, LocalDate.now(ZoneOffset.UTC));
  }
}
