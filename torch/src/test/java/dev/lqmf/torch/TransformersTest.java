package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every architecture, in both spellings of its configuration, against Transformers. */
class TransformersTest {
  @TempDir private Path directory;

  static Stream<Arguments> models() {
    return TinyModels.NAMES.stream()
        .flatMap(
            name ->
                Stream.of("config.json", "config.v4.json")
                    .filter(config -> TinyModels.has(name, config))
                    .map(config -> Arguments.of(name, config)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void logitsAreThoseOfTransformers(String name, String config) throws IOException {
    Path model = TinyModels.extract(name, config, directory);
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS);
        Activations hidden = hidden(torch, expected);
        Logits logits = torch.logits(hidden, 0, hidden.rows())) {
      assertThat(Differences.relative(logits.toArrays(), expected.rows("logits")))
          .isLessThan(Differences.TOLERANCE);
    }
  }

  private static Activations hidden(TorchModel torch, TinyModels.Values expected)
      throws IOException {
    int[][] ids = {expected.ids("input_ids")};
    if (torch.network().encoder().isPresent() && torch.network().decoder().isPresent()) {
      try (Activations encoded = torch.encode(ids)) {
        return torch.decode(encoded, new int[][] {expected.ids("decoder_input_ids")});
      }
    }
    return torch.hidden(ids);
  }

  static Stream<String> names() {
    return TinyModels.NAMES.stream();
  }

  /** Block by block, as a calibrator walks. */
  @ParameterizedTest
  @MethodSource("names")
  void hiddenStatesAreThoseOfTransformers(String name) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    int[][] ids = {expected.ids("input_ids")};
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      boolean both = torch.encoder().isPresent() && torch.decoder().isPresent();
      if (both) {
        walk(torch.encoder().get(), ids, null, expected, "encoder_hidden_states");
        try (Activations encoded = torch.encode(ids)) {
          int[][] decoderIds = {expected.ids("decoder_input_ids")};
          walk(torch.decoder().get(), decoderIds, encoded, expected, "decoder_hidden_states");
        }
      } else if (torch.decoder().isPresent()) {
        walk(torch.decoder().get(), ids, null, expected, "hidden_states");
      } else {
        try (Activations hidden = torch.hidden(ids)) {
          assertThat(Differences.relative(hidden.toArrays(), expected.rows("last_hidden_state")))
              .isLessThan(Differences.TOLERANCE);
        }
      }
    }
  }

  private static void walk(
      StackRunner runner,
      int[][] ids,
      @Nullable Activations encoded,
      TinyModels.Values expected,
      String name)
      throws IOException {
    float[][] all = expected.rows(name);
    int blocks = runner.stack().blocks().size();
    assertThat(all.length).isEqualTo((blocks + 1) * ids[0].length);
    Activations state = runner.embed(ids);
    for (int b = 0; b < blocks; b++) {
      check(state, all, b);
      try (LoadedBlock block = runner.load(b);
          Activations before = state) {
        state = runner.apply(block, before, encoded, (_, _) -> {});
      }
    }
    try (Activations last = state;
        Activations finished = runner.finish(last)) {
      check(finished, all, blocks);
    }
  }

  private static void check(Activations state, float[][] all, int index) {
    int length = state.length();
    float[][] expected = Arrays.copyOfRange(all, index * length, (index + 1) * length);
    assertThat(Differences.relative(state.toArrays(), expected))
        .as("hidden state %d", index)
        .isLessThan(Differences.TOLERANCE);
  }

  @Test
  void secondSegmentsCount() throws IOException {
    Path model = TinyModels.extract("BertForMaskedLM", "config.json", directory);
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    int[][] ids = {expected.ids("input_ids")};
    int[][] types = {expected.ids("token_type_ids_b")};
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS);
        Activations hidden = torch.hidden(ids, types);
        Logits logits = torch.logits(hidden, 0, hidden.rows())) {
      assertThat(Differences.relative(logits.toArrays(), expected.rows("logits_b")))
          .isLessThan(Differences.TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void greedyContinuationIsThatOfTransformers(String name, String config) throws IOException {
    Path model = TinyModels.extract(name, config, directory);
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      if (torch.network().decoder().isEmpty()) {
        assertThat(expected.longs()).doesNotContainKey("generated");
        return;
      }
      int[] generated = expected.ids("generated");
      int[] ids = expected.ids("input_ids");
      try (DecodingSession session =
          torch.network().encoder().isPresent() ? torch.session(ids) : torch.session()) {
        int[] next =
            torch.network().encoder().isPresent()
                ? new int[] {torch.network().decoderStart().orElseThrow()}
                : ids;
        int[] found = new int[generated.length];
        for (int i = 0; i < found.length; i++) {
          found[i] = Sampler.best(session.append(next));
          next = new int[] {found[i]};
        }
        assertThat(found).isEqualTo(generated);
      }
    }
  }
}
