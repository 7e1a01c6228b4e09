package dev.lqmf.factory.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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
    String reference = expected.get("reference").asString();
    String prediction = expected.get("prediction").asString();

    assertEquals(Rouge.score(reference, prediction), expected);
    assertEquals(Rouge.scoreStems(reference, prediction), expected.get("stemmed"));
  }

  /** See interop/rouge/fixture.py. */
  @Test
  void stemsAreNltks() throws Exception {
    try (BufferedReader file =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(RougeTest.class.getResourceAsStream("stems.tsv")),
                StandardCharsets.UTF_8))) {
      List<String[]> pairs =
          file.lines().filter(l -> !l.startsWith("#")).map(l -> l.split("\t", -1)).toList();
      assertThat(pairs)
          .hasSizeGreaterThan(3000)
          .allSatisfy(pair -> assertThat(PorterStemmer.stem(pair[0])).isEqualTo(pair[1]));
    }
  }

  private static void assertEquals(Rouge rouge, JsonNode expected) {
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
