package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.testkit.TinyModels;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Options of configurations, against Transformers; see {@code interop/network_variants.py}. */
class VariantsTest {

  static List<Path> variants() throws IOException, URISyntaxException {
    try (Stream<Path> directories = Files.list(root())) {
      return directories.sorted().toList();
    }
  }

  private static Path root() throws URISyntaxException {
    return Path.of(Objects.requireNonNull(VariantsTest.class.getResource("variants")).toURI());
  }

  @Test
  void allOfThemAreThere() throws IOException, URISyntaxException {
    assertThat(variants()).hasSize(81);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void logitsAndContinuationAreThoseOfTransformers(Path model) throws IOException {
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    int[][] ids = {expected.ids("input_ids")};
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      boolean both = torch.encoder().isPresent() && torch.decoder().isPresent();
      try (Activations first = both ? torch.encode(ids) : torch.hidden(ids);
          Activations hidden =
              both ? torch.decode(first, new int[][] {expected.ids("decoder_input_ids")}) : first;
          Logits logits = torch.logits(hidden, 0, hidden.rows())) {
        assertThat(Differences.relative(logits.toArrays(), expected.rows("logits")))
            .isLessThan(Differences.TOLERANCE);
      }
      if (torch.decoder().isPresent()) {
        assertThat(continuation(torch, expected)).isEqualTo(expected.ids("generated"));
      }
    }
  }

  private static int[] continuation(TorchModel torch, TinyModels.Values expected)
      throws IOException {
    boolean both = torch.encoder().isPresent();
    int[] ids = expected.ids("input_ids");
    int[] found = new int[expected.ids("generated").length];
    try (DecodingSession session = both ? torch.session(ids) : torch.session()) {
      int[] next = both ? new int[] {torch.network().decoderStart().orElseThrow()} : ids;
      for (int i = 0; i < found.length; i++) {
        found[i] = Sampler.best(session.append(next));
        next = new int[] {found[i]};
      }
    }
    return found;
  }
}
