package dev.lqmf.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The table of types against the one that ggml was asked for. */
class TensorTypeSizesTest {
  private record Row(int id, String name, int blockElements, int blockBytes) {}

  private record Table(Map<String, String> provenance, List<Row> types) {}

  @Test
  void sizesAreThoseOfGgml() throws IOException {
    Table table;
    try (InputStream in =
        TensorTypeSizesTest.class.getResourceAsStream("/golden/ggml/sizes.json")) {
      table = JsonMapper.builder().build().readValue(in, Table.class);
    }

    assertThat(
            Arrays.stream(TensorType.values())
                .filter(t -> t.ggufId() >= 0)
                .map(t -> new Row(t.ggufId(), t.name(), t.blockElements(), t.blockBytes())))
        .containsExactlyInAnyOrderElementsOf(
            table.types().stream()
                .map(
                    r ->
                        new Row(
                            r.id(),
                            TensorType.ofName(r.name()).orElseThrow().name(),
                            r.blockElements(),
                            r.blockBytes()))
                .toList());
  }
}
