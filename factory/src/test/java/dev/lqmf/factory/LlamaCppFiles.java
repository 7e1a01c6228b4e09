package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixTypes;
import dev.lqmf.quant.mix.TypeOverride;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What llama.cpp's converter and {@code llama-quantize} made of a model, as recorded by
 * interop/whole_file.py.
 */
record LlamaCppFiles(
    String model,
    List<List<String>> orders,
    List<Made> runs,
    Split split,
    Map<String, Map<String, String>> tensors) {

  /**
   * An output divided into files.
   *
   * @param limit largest sum of tensor bytes in a file
   * @param files SHA-256 of each
   */
  record Split(GgufFileType type, long limit, List<String> files) {}

  /**
   * One file.
   *
   * @param made program, options, type
   * @param order index into {@link #orders}
   * @param file SHA-256 of the file
   * @param metadata SHA-256 of its metadata
   * @param types of the tensors, in order
   */
  record Made(List<String> made, int order, String file, String metadata, String types) {
    GgufFileType type() {
      return GgufFileType.valueOf(made.getLast());
    }

    boolean isConversion() {
      return made.getFirst().equals("convert");
    }

    /** What stands between program and type. */
    List<String> options() {
      return made.subList(1, made.size() - 1);
    }

    Optional<String> imatrix() {
      int at = made.indexOf("--imatrix");
      return at < 0 ? Optional.empty() : Optional.of(made.get(at + 1));
    }

    MixOptions mix() {
      List<TypeOverride> overrides = new ArrayList<>();
      Optional<TensorType> output = Optional.empty();
      Optional<TensorType> embedding = Optional.empty();
      for (int i = 0; i < made.size(); i++) {
        switch (made.get(i)) {
          case "--tensor-type" -> overrides.add(TypeOverride.parse(made.get(++i)));
          case "--output-tensor-type" -> output = Optional.of(MixTypes.parse(made.get(++i)));
          case "--token-embedding-type" -> embedding = Optional.of(MixTypes.parse(made.get(++i)));
          default -> {}
        }
      }
      return new MixOptions(
          overrides,
          output,
          embedding,
          made.contains("--pure"),
          made.contains("--leave-output-tensor"),
          false);
    }
  }

  static LlamaCppFiles of(String model) throws IOException {
    try (InputStream json = LlamaCppFiles.class.getResourceAsStream(model + ".json")) {
      return JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readValue(Objects.requireNonNull(json), LlamaCppFiles.class);
    }
  }

  /** Checks a file of ours against the one llama.cpp made. */
  void check(Made expected, Path file) throws IOException {
    List<String> differences = new ArrayList<>();
    try (GgufFile gguf = GgufFile.open(file)) {
      assertThat(gguf.tensors())
          .as("%s: order of tensors", expected.made)
          .extracting(TensorInfo::name)
          .isEqualTo(orders.get(expected.order));
      assertThat(gguf.tensors())
          .as("%s: types of tensors", expected.made)
          .extracting(t -> t.type().name())
          .isEqualTo(Arrays.asList(expected.types.split(" ")));
      for (TensorInfo tensor : gguf.tensors()) {
        byte[] bytes = new byte[(int) tensor.byteSize()];
        gguf.read(tensor, 0, MemorySegment.ofArray(bytes));
        String kind = tensor.type().name();
        String form = expected.imatrix().map(i -> i.replaceAll(".*\\.", " ")).orElse("");
        String wanted = Objects.requireNonNull(tensors.get(tensor.name())).get(kind + form);
        if (!Hashes.sha256(bytes).equals(wanted)) {
          differences.add(tensor.name() + " " + kind);
        }
      }
    }
    assertThat(differences).as("%s: tensors that differ", expected.made).isEmpty();
    assertThat(Hashes.sha256(Files.readAllBytes(file)))
        .as("%s: the whole file, hence its metadata", expected.made)
        .isEqualTo(expected.file);
  }
}
