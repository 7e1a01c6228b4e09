package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the cache is good for when the Hub cannot or must not be asked. */
class OfflineTest {
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

  private Path offline(String model) throws IOException, InterruptedException {
    return fixture.client(fixture.offline()).snapshot(ModelId.parse(model), DownloadListener.NONE);
  }

  @Test
  void aCachedModelNeedsNoNetwork() throws Exception {
    Path snapshot = fixture.snapshot();
    fixture.hub.requests().clear();

    assertThat(offline("org/model")).isEqualTo(snapshot);
    assertThat(offline("org/model@" + FakeHub.COMMIT)).isEqualTo(snapshot);
    assertThat(fixture.hub.requests()).isEmpty();
  }

  @Test
  void anUnknownModelIsNamed() {
    assertThatThrownBy(() -> offline("org/model"))
        .hasMessage("org/model is not in the cache " + root)
        .isInstanceOfSatisfying(
            HubException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.NOT_CACHED);
              assertThat(e.mend()).startsWith("run once with a connection to the Hub");
            });
  }

  @Test
  void anUnknownRevisionIsNamed() throws Exception {
    fixture.snapshot();

    assertThatThrownBy(() -> offline("org/model@v2"))
        .hasMessage("org/model@v2 is not in the cache " + root);
  }

  @Test
  void aReferenceThatHoldsNoCommitIsNotFollowed() throws Exception {
    fixture.snapshot();
    Files.writeString(root.resolve("models--org--model/refs/main"), "../../..");

    assertThatThrownBy(() -> offline("org/model"))
        .hasMessage("org/model is not in the cache " + root);
  }

  @Test
  void anIncompleteModelSaysWhatIsMissing() throws Exception {
    Path snapshot = fixture.snapshot();
    for (String file : List.of("model.safetensors", "config.json")) {
      Files.delete(snapshot.resolve(file));
      assertThatThrownBy(() -> offline("org/model"))
          .hasMessage("org/model is not whole in the cache: " + file + " is missing");
    }
  }

  @Test
  void aMissingShardIsNamed() throws Exception {
    Path snapshot = fixture.snapshot();
    Files.delete(snapshot.resolve("model.safetensors"));
    Files.writeString(
        snapshot.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
    Files.writeString(snapshot.resolve("one.safetensors"), "");

    assertThatThrownBy(() -> offline("org/model"))
        .hasMessage("org/model is not whole in the cache: two.safetensors is missing");
    Files.writeString(snapshot.resolve("two.safetensors"), "");
    assertThat(offline("org/model")).isEqualTo(snapshot);
  }

  @Test
  void whenTheHubIsDownTheCacheIsUsedWithoutWaiting() throws Exception {
    Path snapshot = fixture.snapshot();
    fixture.hub.next(Integer.MAX_VALUE, "GET", "/api/models", FakeHub.refusing(503, "", ""));
    List<String> reasons = new ArrayList<>();

    Path found =
        fixture
            .client()
            .snapshot(
                HubFixture.MODEL,
                new DownloadListener() {
                  @Override
                  public void progressed(DownloadProgress progress) {}

                  @Override
                  public void usingCache(Path used, String reason) {
                    reasons.add(reason);
                  }
                });

    assertThat(found).isEqualTo(snapshot);
    assertThat(reasons).singleElement().asString().contains("answered 503");
    assertThat(fixture.waits).isEmpty();
  }

  @Test
  void withoutANetworkTheCacheIsUsed() throws Exception {
    Path snapshot = fixture.snapshot();
    HubClient client = fixture.client();
    fixture.hub.close();

    assertThat(client.snapshot(HubFixture.MODEL, DownloadListener.NONE)).isEqualTo(snapshot);
  }

  @Test
  void withoutANetworkAndWithoutACacheTheReasonIsTold() {
    HubClient client = fixture.client();
    fixture.hub.close();

    assertThatThrownBy(() -> client.snapshot(HubFixture.MODEL, DownloadListener.NONE))
        .hasMessageStartingWith("no connection to 127.0.0.1 for org/model")
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.UNREACHABLE));
    assertThat(fixture.waits).hasSize(HubFixture.ATTEMPTS - 1);
  }

  /** As when another user owns the cache; a link to nowhere refuses even the superuser. */
  @Test
  void aReferenceThatCannotBeWrittenDoesNotMatterIfNothingIsNew() throws Exception {
    Path snapshot = fixture.snapshot();
    Path references = root.resolve("models--org--model/refs");
    Files.delete(references.resolve("main"));
    Files.delete(references);
    Files.createSymbolicLink(references, Path.of("nowhere"));

    assertThat(fixture.snapshot()).isEqualTo(snapshot);
    Files.delete(snapshot.resolve("config.json"));
    assertThatThrownBy(fixture::snapshot).isInstanceOf(IOException.class);
  }

  @Test
  void aRevisionTheHubDoesNotHaveIsNotTakenFromTheCache() throws Exception {
    fixture.snapshot();
    fixture.hub.next(1, "GET", "/api/models", FakeHub.refusing(404, "RevisionNotFound", ""));

    assertThatThrownBy(fixture::snapshot)
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.REVISION_NOT_FOUND));
  }
}
