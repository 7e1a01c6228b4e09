package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What describes a model is fetched, its weights are not. */
class OutlineTest {
  private static final String WEIGHTS = "model.safetensors";

  @TempDir Path root;
  private HubFixture fixture;

  @BeforeEach
  void start() throws IOException {
    fixture = new HubFixture(root);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  /** A file of 8 MB, which no buffer on the way holds. */
  private static byte[] safetensors(String header, long seed) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    byte[] file = HubFixture.bytes(8_000_000, seed);
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
    return file;
  }

  private static byte[] withoutWeights(byte[] file, int header) {
    byte[] outline = new byte[file.length];
    System.arraycopy(file, 0, outline, 0, Long.BYTES + header);
    return outline;
  }

  private Path outline() throws IOException, InterruptedException {
    return fixture.client().outline(HubFixture.MODEL, DownloadListener.NONE);
  }

  @Test
  void weightsAreHolesOfTheRightLength() throws Exception {
    // Longer than a piece of the body.
    String header = "{\"a\":" + " ".repeat(50_000) + "{}}";
    byte[] weights = safetensors(header, 2);
    fixture.hub.large(WEIGHTS, weights);

    Path outline = outline();

    assertThat(outline.resolve(WEIGHTS)).hasBinaryContent(withoutWeights(weights, header.length()));
    assertThat(outline.resolve("config.json"))
        .hasContent("{\"architectures\":[\"LlamaForCausalLM\"]}");
    assertThat(outline.resolve("tokenizer.json")).exists();
    assertThat(fixture.tree()).noneMatch(file -> file.contains(WEIGHTS));
    assertThat(fixture.blob(weights)).doesNotExist();
    assertThat(fixture.snapshot().resolve(WEIGHTS)).hasBinaryContent(weights);
  }

  @Test
  void whatTheCacheHasIsUsed() throws Exception {
    Path snapshot = fixture.snapshot();

    assertThat(outline()).isEqualTo(snapshot);
  }

  @Test
  void shardsHaveHeadersOfTheirOwn() throws Exception {
    byte[] first = safetensors("{}", 3);
    byte[] second = safetensors("{\"b\":{}}", 4);
    fixture.hub.withdraw(WEIGHTS);
    fixture
        .hub
        .small(
            "model.safetensors.index.json",
            "{\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}}")
        .large("1.safetensors", first)
        .large("2.safetensors", second);
    Path outline = outline();

    assertThat(outline.resolve("1.safetensors")).hasBinaryContent(withoutWeights(first, 2));
    assertThat(outline.resolve("2.safetensors"))
        .hasBinaryContent(withoutWeights(second, "{\"b\":{}}".length()));
    assertThat(outline.resolve("model.safetensors.index.json")).exists();
  }

  @Test
  void aBrokenConnectionIsTriedAgain() throws Exception {
    byte[] weights = safetensors("{\"a\":" + " ".repeat(50_000) + "{}}", 5);
    fixture.hub.large(WEIGHTS, weights);
    fixture.hub.next(2, "GET", WEIGHTS, FakeHub.dropping(weights, 1000));

    assertThat(outline().resolve(WEIGHTS)).hasSize(weights.length);
    assertThat(fixture.waits).hasSize(2);
  }

  @Test
  void aHeaderThatCannotBeOneIsRefused() {
    byte[] weights = HubFixture.bytes(1000, 6);
    Arrays.fill(weights, 0, Long.BYTES, (byte) 0x11);
    fixture.hub.large(WEIGHTS, weights);

    assertThatThrownBy(this::outline)
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.NO_WEIGHTS))
        .hasMessageContaining("model.safetensors of org/model is no safetensors file");
  }

  @Test
  void picklesAreFetchedAsAWhole() throws Exception {
    fixture.hub.withdraw(WEIGHTS);
    fixture.hub.large("pytorch_model.bin", fixture.weights);

    assertThat(outline().resolve("pytorch_model.bin")).hasBinaryContent(fixture.weights);
    assertThat(fixture.blob(fixture.weights)).exists();
  }
}
