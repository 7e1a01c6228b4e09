package dev.lqmf.quant.mix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The types that {@code llama-quantize} chose are in a file made by interop/mix_types.py. */
class MixRulesTest {

  /** One model and everything llama-quantize said about it. */
  private record Reference(String name, MixModel model, List<TensorInfo> tensors, List<Run> runs) {
    @Override
    public String toString() {
      return name;
    }
  }

  private record Run(GgufFileType type, List<String> options, List<TensorType> types) {

    /** The dry run names explicit types that rows do not fill; a real run dies of them. */
    boolean isPossible(List<TensorInfo> tensors) {
      for (int i = 0; i < types.size(); i++) {
        if (tensors.get(i).shape().rowLength() % types.get(i).blockElements() != 0) {
          return false;
        }
      }
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("references")
  void everyTensorGetsTheTypeThatLlamaQuantizeGivesIt(Reference reference) {
    List<TensorInfo> shuffled = new ArrayList<>(reference.tensors);
    Collections.shuffle(shuffled, new Random(7));
    for (Run run : reference.runs) {
      MixRules rules =
          new MixRules(
              run.type, options(run.options), reference.model, run.options.contains("--imatrix"));
      if (!run.isPossible(reference.tensors)) {
        assertThatThrownBy(() -> rules.choose(shuffled)).isInstanceOf(InputException.class);
        continue;
      }

      List<TensorChoice> choices = rules.choose(shuffled);

      assertThat(choices)
          .as("%s %s", run.type, run.options)
          .extracting(TensorChoice::tensor)
          .isEqualTo(reference.tensors);
      assertThat(choices)
          .as("%s %s", run.type, run.options)
          .extracting(TensorChoice::type)
          .isEqualTo(run.types);
    }
  }

  @Test
  void theReferenceCoversEveryFileType() throws IOException {
    assertThat(references().flatMap(r -> r.runs.stream()).map(Run::type))
        .contains(GgufFileType.values());
  }

  @Test
  void tellsWhichTypeWasReplacedBecauseRowsDoNotFillItsBlocks() {
    List<TensorChoice> choices =
        rules(GgufFileType.Q4_K_S, MixOptions.NONE)
            .choose(List.of(tensor("blk.0.attn_q.weight", 64, 96)));

    assertThat(choices.getFirst().type()).isEqualTo(TensorType.Q5_0);
    assertThat(choices.getFirst().instead()).contains(TensorType.Q4_K);
  }

  @Test
  void refusesAnExplicitTypeThatRowsDoNotFill() {
    MixOptions options =
        new MixOptions(
            List.of(), Optional.of(TensorType.Q6_K), Optional.empty(), false, false, false);

    assertThatThrownBy(
            () ->
                rules(GgufFileType.Q4_K_M, options)
                    .choose(List.of(tensor("output.weight", 64, 96))))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("96", "Q6_K", "output.weight");
  }

  @Test
  void refusesExpertTensorsOfALayerThatDoesNotExist() {
    MixModel twoLayers = new MixModel("llama", 2, 0, 8, 8, 8);

    assertThatThrownBy(
            () ->
                new MixRules(GgufFileType.Q4_K_M, MixOptions.NONE, twoLayers, false)
                    .choose(List.of(tensor("blk.2.ffn_up_exps.weight", 256, 256))))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("blk.2.ffn_up_exps.weight", "2 layers");
  }

  @Test
  void onlyTwoBitTensorsOfTheSmallestMixNeedImportance() {
    List<TensorInfo> tensors =
        List.of(
            tensor("token_embd.weight", 512, 256),
            tensor("output.weight", 512, 256),
            tensor("blk.0.attn_q.weight", 256, 256),
            tensor("blk.0.attn_norm.weight", 256));

    assertThat(rules(GgufFileType.Q2_K_S, MixOptions.NONE).choose(tensors))
        .filteredOn(TensorChoice::needsImportance)
        .extracting(c -> c.tensor().name())
        .containsExactly("blk.0.attn_q.weight");
    assertThat(rules(GgufFileType.Q2_K, MixOptions.NONE).choose(tensors))
        .noneMatch(TensorChoice::needsImportance);
  }

  private static MixRules rules(GgufFileType type, MixOptions options) {
    return new MixRules(type, options, new MixModel("llama", 8, 0, 0, 8, 8), false);
  }

  private static TensorInfo tensor(String name, long... dims) {
    return new TensorInfo(name, TensorType.F16, Shape.of(dims));
  }

  private static MixOptions options(List<String> words) {
    List<TypeOverride> overrides = new ArrayList<>();
    Optional<TensorType> output = Optional.empty();
    Optional<TensorType> embedding = Optional.empty();
    for (int i = 0; i < words.size(); i++) {
      switch (words.get(i)) {
        case "--tensor-type" -> overrides.add(TypeOverride.parse(words.get(++i)));
        case "--output-tensor-type" -> output = Optional.of(MixTypes.parse(words.get(++i)));
        case "--token-embedding-type" -> embedding = Optional.of(MixTypes.parse(words.get(++i)));
        case "--pure", "--leave-output-tensor", "--imatrix" -> {}
        default -> throw new AssertionError(words.get(i));
      }
    }
    return new MixOptions(
        overrides,
        output,
        embedding,
        words.contains("--pure"),
        words.contains("--leave-output-tensor"),
        false);
  }

  static Stream<Reference> references() throws IOException {
    List<Reference> references = new ArrayList<>();
    List<TensorType> key = List.of();
    try (InputStream file = MixRulesTest.class.getResourceAsStream("llama-quantize-types.txt.gz");
        BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(Objects.requireNonNull(file)), StandardCharsets.UTF_8))) {
      for (String line : (Iterable<String>) reader.lines()::iterator) {
        String[] w = line.split(" ");
        switch (w[0]) {
          case "#" -> {}
          case "key" -> key = Arrays.stream(w).skip(1).map(TensorType::valueOf).toList();
          case "model" ->
              references.add(
                  new Reference(
                      w[1],
                      new MixModel(
                          w[2],
                          Integer.parseInt(w[3]),
                          Integer.parseInt(w[4]),
                          Integer.parseInt(w[5]),
                          Integer.parseInt(w[6]),
                          Integer.parseInt(w[7])),
                      new ArrayList<>(),
                      new ArrayList<>()));
          case "tensor" -> {
            long[] dims = Arrays.stream(w[2].split("x")).mapToLong(Long::parseLong).toArray();
            references
                .getLast()
                .tensors
                .add(new TensorInfo(w[1], TensorType.valueOf(w[3]), Shape.of(dims)));
          }
          case "run" ->
              references
                  .getLast()
                  .runs
                  .add(
                      new Run(
                          GgufFileType.valueOf(w[1]),
                          List.of(w).subList(2, w.length),
                          new ArrayList<>()));
          case "types" -> {
            List<TensorType> types = references.getLast().runs.getLast().types;
            for (char c : w[1].toCharArray()) {
              types.add(key.get(c - 'a'));
            }
          }
          default -> throw new AssertionError(line);
        }
      }
    }
    return references.stream();
  }

  @Test
  void knowsTheTypesThatAMixUsuallyHas() {
    assertThat(MixRules.usualTypes(GgufFileType.Q3_K_M))
        .containsExactlyInAnyOrder(
            TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K);
    assertThat(MixRules.usualTypes(GgufFileType.F16)).containsExactly(TensorType.F16);
  }
}
