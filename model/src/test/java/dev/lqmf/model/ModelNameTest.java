package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.model.config.JsonFiles;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Against gguf-py's own guesses, recorded by {@code interop/convert/names.py}. */
class ModelNameTest {

  @Test
  void guessesAsGgufPy() throws IOException {
    JsonNode names = JsonFiles.object(Listing.resource("names.json")).orElseThrow().path("names");
    assertThat(names.size()).isGreaterThan(20);
    for (JsonNode expected : names) {
      String id = expected.path("id").stringValue();
      ModelName name = ModelName.parse(id, expected.path("parameters").longValue());
      assertThat(name)
          .as(id)
          .isEqualTo(
              new ModelName(
                  expected.path("full").stringValue(),
                  text(expected, "organization"),
                  text(expected, "basename"),
                  text(expected, "finetune"),
                  text(expected, "version"),
                  text(expected, "sizeLabel")));
      assertThat(ModelName.title(id)).isEqualTo(expected.path("title").stringValue());
    }
  }

  @Test
  void labelsSizesAsGgufPy() throws IOException {
    JsonNode sizes = JsonFiles.object(Listing.resource("names.json")).orElseThrow().path("sizes");
    assertThat(sizes.size()).isGreaterThan(15);
    for (JsonNode expected : sizes) {
      long n = expected.path("parameters").longValue();
      assertThat(ModelName.sizeLabel(n, 0, 0)).isEqualTo(expected.path("label").stringValue());
      assertThat(ModelName.sizeLabel(n, n / 3 + n / 7, 8))
          .isEqualTo(expected.path("experts").stringValue());
    }
  }

  private static Optional<String> text(JsonNode json, String key) {
    return json.path(key).isNull() ? Optional.empty() : Optional.of(json.path(key).stringValue());
  }
}
