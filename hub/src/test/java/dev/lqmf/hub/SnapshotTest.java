package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a download asks for and what it leaves in the cache. */
class SnapshotTest {
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

  private HubSettings with(boolean symlinks) {
    HubSettings s = fixture.settings();
    return new HubSettings(
        s.endpoint(), s.token(), root, false, symlinks, s.answerTimeout(), s.stallTimeout());
  }

  @Test
  void aModelIsLaidOutAsHuggingfaceHubDoes() throws Exception {
    Path snapshot = fixture.snapshot();

    String config = FakeHub.gitHash(Files.readAllBytes(snapshot.resolve("config.json")));
    String tokenizer = FakeHub.gitHash(Files.readAllBytes(snapshot.resolve("tokenizer.json")));
    String weights = FakeHub.lfsHash(fixture.weights);
    String model = "models--org--model/";
    String links = model + "snapshots/" + FakeHub.COMMIT + "/";
    assertThat(snapshot).hasToString(root + "/" + links.substring(0, links.length() - 1));
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(fixture.weights);
    assertThat(root.resolve(model + "refs/main")).hasContent(FakeHub.COMMIT);
    assertThat(fixture.tree())
        .containsExactlyInAnyOrder(
            "CACHEDIR.TAG",
            model + "blobs/" + config,
            model + "blobs/" + tokenizer,
            model + "blobs/" + weights,
            model + "refs/main",
            links + "config.json -> ../../blobs/" + config,
            links + "model.safetensors -> ../../blobs/" + weights,
            links + "tokenizer.json -> ../../blobs/" + tokenizer);
  }

  @Test
  void whoHearsTheSizesMayRefuseTheDownload() throws Exception {
    IllegalStateException refusal = new IllegalStateException("no room");
    List<Long> sizes = new CopyOnWriteArrayList<>();
    DownloadListener picky =
        new DownloadListener() {
          @Override
          public void progressed(DownloadProgress progress) {
            throw new AssertionError("nothing is to be fetched");
          }

          @Override
          public void beginning(long bytes, long weightBytes, Path directory) {
            assertThat(directory).isEqualTo(root);
            sizes.add(bytes);
            sizes.add(weightBytes);
            throw refusal;
          }
        };

    assertThatThrownBy(() -> fixture.client().snapshot(HubFixture.MODEL, picky)).isSameAs(refusal);

    // config.json has 38 bytes, tokenizer.json 12.
    long weights = fixture.weights.length;
    assertThat(sizes).containsExactly(weights + 50, weights);
    assertThat(fixture.hub.requests("GET", "model.safetensors")).isEmpty();
  }

  @Test
  void whatIsThereIsNotFetchedAgain() throws Exception {
    Path first = fixture.snapshot();
    fixture.hub.requests().clear();

    assertThat(fixture.snapshot()).isEqualTo(first);
    assertThat(fixture.hub.requests()).hasSize(1);
    assertThat(fixture.hub.requests("GET", "/api/models/org/model/revision/main")).hasSize(1);
  }

  @Test
  void aFileThatAnotherSnapshotHasIsLinkedOnly() throws Exception {
    Path blob = fixture.blob(fixture.weights);
    Files.createDirectories(blob.getParent());
    Files.write(blob, fixture.weights);

    Path snapshot = fixture.snapshot();

    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(fixture.weights);
    assertThat(fixture.hub.requests("GET", "model.safetensors")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void filesWithTheSameContentAreFetchedOnce(boolean symlinks) throws Exception {
    fixture.hub.small("added_tokens.json", "{}").small("special_tokens_map.json", "{}");
    fixture.hub.small("merges.txt", "");

    Path snapshot =
        fixture.client(with(symlinks)).snapshot(HubFixture.MODEL, DownloadListener.NONE);

    assertThat(snapshot.resolve("added_tokens.json")).hasContent("{}");
    assertThat(snapshot.resolve("special_tokens_map.json")).hasContent("{}");
    assertThat(snapshot.resolve("merges.txt")).isEmptyFile();
    int fetched =
        fixture.hub.requests("GET", "resolve-cache").stream()
            .filter(r -> r.path().matches(".*(added_tokens|special_tokens_map).json"))
            .toList()
            .size();
    assertThat(fetched).isEqualTo(1);
  }

  @Test
  void aLinkWhoseBlobIsGoneIsMended() throws Exception {
    Path snapshot = fixture.snapshot();
    Files.delete(fixture.blob(fixture.weights));

    assertThat(fixture.snapshot().resolve("model.safetensors"))
        .isEqualTo(snapshot.resolve("model.safetensors"))
        .hasBinaryContent(fixture.weights);
  }

  @Test
  void onlyTheFilesOfTheModelAreFetched() throws Exception {
    for (String other :
        List.of(
            "pytorch_model.bin",
            "tf_model.h5",
            "flax_model.msgpack",
            "model.onnx",
            "onnx/config.json",
            "original/consolidated.00.pth",
            "consolidated.safetensors",
            "model.fp16.safetensors",
            "model-q4.gguf",
            ".gitattributes",
            "../escape.json",
            "additional_chat_templates/../../escape.jinja")) {
      fixture.hub.small(other, "not wanted");
    }
    fixture.hub.small("README.md", "# card").small("additional_chat_templates/tools.jinja", "{{}}");

    Path snapshot = fixture.snapshot();

    try (var files = Files.walk(snapshot)) {
      assertThat(files.filter(Files::isRegularFile).map(f -> snapshot.relativize(f).toString()))
          .containsExactlyInAnyOrder(
              "README.md",
              "additional_chat_templates/tools.jinja",
              "config.json",
              "model.safetensors",
              "tokenizer.json");
    }
    assertThat(Files.readSymbolicLink(snapshot.resolve("additional_chat_templates/tools.jinja")))
        .asString()
        .startsWith("../../../blobs/");
  }

  @Test
  void theIndexSaysWhichShardsAreFetched() throws Exception {
    try (HubFixture sharded = new HubFixture(root.resolve("sharded"))) {
      byte[] one = HubFixture.bytes(1000, 2);
      byte[] two = HubFixture.bytes(2000, 3);
      FakeHub hub = sharded.hub;
      hub.withdraw("model.safetensors");
      hub.small(
              "model.safetensors.index.json",
              """
              {"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors",
                              "c": "model-1-of-2.safetensors"}}""")
          .large("model-1-of-2.safetensors", one)
          .large("model-2-of-2.safetensors", two)
          .large("model-1-of-9.safetensors", HubFixture.bytes(10, 4));

      Path snapshot = sharded.snapshot();

      assertThat(snapshot.resolve("model-1-of-2.safetensors")).hasBinaryContent(one);
      assertThat(snapshot.resolve("model-2-of-2.safetensors")).hasBinaryContent(two);
      assertThat(snapshot.resolve("model-1-of-9.safetensors")).doesNotExist();
    }
  }

  @Test
  void anIndexThatNamesWhatTheRepositoryLacksIsRefused() {
    fixture.hub.withdraw("model.safetensors");
    fixture.hub.small(
        "model.safetensors.index.json", "{\"weight_map\": {\"a\": \"gone.safetensors\"}}");

    assertThatThrownBy(fixture::snapshot)
        .hasMessage(
            "model.safetensors.index.json of org/model names gone.safetensors, which the repository"
                + " does not have")
        .isInstanceOfSatisfying(
            HubException.class,
            e -> assertThat(e.problem()).isEqualTo(HubException.Problem.NO_WEIGHTS));
  }

  @Test
  void anIndexThatLeadsOutOfTheRepositoryIsRefused() {
    fixture.hub.withdraw("model.safetensors");
    fixture.hub.small("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../../x\"}}");

    assertThatThrownBy(fixture::snapshot)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("\"../../x\", which cannot be one");
  }

  @Test
  void aRepositoryWithoutWeightsIsRefused() {
    fixture.hub.withdraw("model.safetensors");
    fixture.hub.small("model-Q4_K_M.gguf", "GGUF");

    assertThatThrownBy(fixture::snapshot)
        .hasMessage("org/model has no safetensors and no PyTorch weights, only GGUF")
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.mend()).contains("the model it was made from"));
  }

  @Test
  void aRevisionGetsItsOwnReference() throws Exception {
    fixture.client().snapshot(ModelId.parse("org/model@refs/pr/1"), DownloadListener.NONE);

    assertThat(root.resolve("models--org--model/refs/refs/pr/1")).hasContent(FakeHub.COMMIT);
    assertThat(fixture.hub.requests("GET", "/revision/refs%2Fpr%2F1")).hasSize(1);
  }

  @Test
  void aCommitNeedsNoReference() throws Exception {
    fixture.client().snapshot(ModelId.parse("org/model@" + FakeHub.COMMIT), DownloadListener.NONE);

    assertThat(root.resolve("models--org--model/refs")).doesNotExist();
  }

  @Test
  void aFailedDownloadLeavesTheReferenceAsItWas() throws Exception {
    Path reference = root.resolve("models--org--model/refs/main");
    Files.createDirectories(reference.getParent());
    String before = "f".repeat(40);
    Files.writeString(reference, before);
    fixture.hub.next(1, "HEAD", "tokenizer.json", FakeHub.refusing(403, "", "no"));

    assertThatThrownBy(fixture::snapshot).isInstanceOf(HubException.class);
    assertThat(reference).hasContent(before);
  }

  @Test
  void theListenerHearsEveryByteOnce() throws Exception {
    List<DownloadProgress> heard = new CopyOnWriteArrayList<>();
    fixture.client().snapshot(HubFixture.MODEL, heard::add);

    DownloadProgress last = heard.getLast();
    assertThat(last.done()).isEqualTo(last.total()).isGreaterThan(fixture.weights.length);
    assertThat(heard)
        .isSortedAccordingTo(java.util.Comparator.comparingLong(DownloadProgress::done));
    assertThat(heard)
        .filteredOn(p -> p.file().equals("model.safetensors"))
        .last()
        .satisfies(
            p -> {
              assertThat(p.fileDone()).isEqualTo(fixture.weights.length);
              assertThat(p.fileTotal()).isEqualTo(fixture.weights.length);
            });
  }

  @Test
  void metadataIsAskedForUncompressed() throws Exception {
    fixture.snapshot();

    assertThat(fixture.hub.requests("HEAD", "")).isNotEmpty();
    assertThat(fixture.hub.requests())
        .allSatisfy(r -> assertThat(r.encoding()).isEqualTo("identity"));
  }

  @Test
  void infoTellsCommitAndFiles() throws Exception {
    ModelInfo info = fixture.client().info(HubFixture.MODEL);

    assertThat(info.commit()).isEqualTo(FakeHub.COMMIT);
    assertThat(info.files()).containsExactly("config.json", "tokenizer.json", "model.safetensors");
    assertThat(info.gated()).isFalse();
    assertThat(info.restricted()).isFalse();
  }

  @Test
  void aModelThatDoesNotFitOnTheDiskIsNotBegun() {
    fixture.hub.next(
        1,
        "HEAD",
        "model.safetensors",
        FakeHub.refusing(
            302,
            java.util.Map.of(
                "Location",
                "http://" + fixture.hub.storeHost() + "/blob/model.safetensors",
                "X-Repo-Commit",
                FakeHub.COMMIT,
                "X-Linked-Etag",
                "\"" + FakeHub.lfsHash(fixture.weights) + "\"",
                "X-Linked-Size",
                "800000000000000000")));

    assertThatThrownBy(fixture::snapshot)
        .hasMessageStartingWith("org/model needs 800000000.0 GB more, and the disk of " + root)
        .isInstanceOfSatisfying(
            HubException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(HubException.Problem.DISK_FULL);
              assertThat(e.mend()).contains("HF_HUB_CACHE");
            });
    assertThat(fixture.hub.requests("GET", "/resolve/")).isEmpty();
  }

  @Test
  void withoutLinksTheSnapshotHoldsTheFiles() throws Exception {
    // Another snapshot may be using this blob, so it is copied.
    Path shared = fixture.blob(fixture.weights);
    Files.createDirectories(shared.getParent());
    Files.write(shared, fixture.weights);

    Path snapshot = fixture.client(with(false)).snapshot(HubFixture.MODEL, DownloadListener.NONE);

    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(fixture.weights);
    assertThat(snapshot.resolve("config.json")).isRegularFile();
    assertThat(fixture.tree()).noneMatch(name -> name.contains("->"));
    assertThat(shared.getParent()).isDirectoryContaining(f -> f.equals(shared));
    try (var blobs = Files.list(shared.getParent())) {
      assertThat(blobs).containsExactly(shared);
    }
  }
}
