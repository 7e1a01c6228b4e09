package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cache that huggingface_hub itself made; the fixture says with which version and how. */
class SharedCacheTest {
  private static final String FIXTURE = "huggingface-hub-cache.txt";
  private static final String SNAPSHOT = "snapshots/" + FakeHub.COMMIT;

  @TempDir Path root;

  /** Links and contents by path within the model's directory. */
  private final Map<String, String> links = new TreeMap<>();

  private final Map<String, byte[]> contents = new TreeMap<>();

  @BeforeEach
  void readFixture() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(SharedCacheTest.class.getResourceAsStream(FIXTURE))) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        List<String> words = List.of(line.split(" "));
        if (words.get(0).equals("#")) {
          continue;
        }
        if (words.get(1).equals("->")) {
          links.put(words.get(0), words.get(2));
        } else {
          String base64 = words.size() > 2 ? words.get(2) : "";
          contents.put(words.get(0), Base64.getDecoder().decode(base64));
        }
      }
    }
    assertThat(links).hasSize(4);
  }

  private Path model() {
    return root.resolve("models--org--model");
  }

  private void layOut() throws IOException {
    for (var file : contents.entrySet()) {
      Path path = model().resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue());
    }
    for (var link : links.entrySet()) {
      Path path = model().resolve(link.getKey());
      Files.createDirectories(path.getParent());
      Files.createSymbolicLink(path, Path.of(link.getValue()));
    }
  }

  /** A hub with the files that huggingface_hub fetched. */
  private HubFixture hub() throws IOException {
    HubFixture fixture = new HubFixture(root);
    for (var link : links.entrySet()) {
      String file = link.getKey().substring(SNAPSHOT.length() + 1);
      String etag = link.getValue().replaceFirst(".*/", "");
      byte[] content = Objects.requireNonNull(contents.get("blobs/" + etag));
      if (etag.length() == 64) {
        fixture.hub.large(file, content);
      } else {
        fixture.hub.small(file, new String(content, StandardCharsets.UTF_8));
      }
    }
    return fixture;
  }

  @Test
  void whatPythonFetchedIsUsedWithoutANetwork() throws Exception {
    layOut();
    try (HubFixture fixture = hub()) {
      Path snapshot =
          fixture.client(fixture.offline()).snapshot(HubFixture.MODEL, DownloadListener.NONE);

      assertThat(snapshot).isEqualTo(model().resolve(SNAPSHOT));
      assertThat(snapshot.resolve("model.safetensors")).hasSize(64);
      assertThat(fixture.hub.requests()).isEmpty();
    }
  }

  @Test
  void whatPythonFetchedIsNotFetchedAgain() throws Exception {
    layOut();
    try (HubFixture fixture = hub()) {
      assertThat(fixture.snapshot()).isEqualTo(model().resolve(SNAPSHOT));
      assertThat(fixture.hub.requests())
          .singleElement()
          .extracting(FakeHub.Request::path)
          .isEqualTo("/api/models/org/model/revision/main");
    }
  }

  @Test
  void bothWriteTheSame() throws Exception {
    try (HubFixture fixture = hub()) {
      fixture.snapshot();
    }
    // Python keeps two notes of its own: what it looked for in vain, and the repository's listing.
    contents.keySet().removeIf(f -> f.startsWith(".no_exist/") || f.startsWith("trees/"));
    Map<String, String> writtenLinks = new TreeMap<>();
    Map<String, byte[]> writtenContents = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(model())) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        String name = model().relativize(path).toString().replace('\\', '/');
        if (Files.isSymbolicLink(path)) {
          writtenLinks.put(name, Files.readSymbolicLink(path).toString().replace('\\', '/'));
        } else if (Files.isRegularFile(path)) {
          writtenContents.put(name, Files.readAllBytes(path));
        }
      }
    }
    assertThat(writtenLinks).isEqualTo(links);
    assertThat(writtenContents.keySet()).isEqualTo(contents.keySet());
    writtenContents.forEach(
        (name, content) -> assertThat(content).as(name).isEqualTo(contents.get(name)));
  }
}
