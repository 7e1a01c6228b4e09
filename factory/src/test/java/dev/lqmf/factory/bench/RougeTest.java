package dev.lqmf.factory.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.InputStream;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RougeTest {
  static Stream<JsonNode> cases() throws Exception {
    try (InputStream file =
        Objects.requireNonNull(RougeTest.class.getResourceAsStream("rouge.json"))) {
      return JsonMapper.shared().readTree(file).get("cases").valueStream().toList().stream();
    }
  }

  /** See interop/rouge/fixture.py. */
  @ParameterizedTest
  @MethodSource("cases")
  void equalsGooglesRougeScore(JsonNode expected) {
    Rouge rouge =
        Rouge.score(expected.get("reference").asString(), expected.get("prediction").asString());

    assertEquals(rouge.one(), expected.get("rouge1"));
    assertEquals(rouge.two(), expected.get("rouge2"));
    assertEquals(rouge.longest(), expected.get("rougeL"));
    assertEquals(rouge.summary(), expected.get("rougeLsum"));
  }

  private static void assertEquals(Overlap overlap, JsonNode expected) {
    assertThat(overlap.precision()).isCloseTo(expected.get(0).asDouble(), within(1e-12));
    assertThat(overlap.recall()).isCloseTo(expected.get(1).asDouble(), within(1e-12));
    assertThat(overlap.f1()).isCloseTo(expected.get(2).asDouble(), within(1e-12));
  }
}
