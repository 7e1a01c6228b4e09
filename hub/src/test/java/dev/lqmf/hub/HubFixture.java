package dev.lqmf.hub;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A model on a {@link FakeHub}, an empty cache, and clients that do not wait between attempts. */
final class HubFixture implements AutoCloseable {
  static final ModelId MODEL = ModelId.parse(FakeHub.REPOSITORY);
  static final Instant NOW = Instant.parse("2015-10-21T07:27:30Z");
  static final int ATTEMPTS = 5;
  static final String SECRET = "hf_AbCdEf0123456789";

  final FakeHub hub = new FakeHub();
  final byte[] weights = bytes(300_000, 1);

  /** What the clients would have waited before another attempt. */
  final List<Duration> waits = new CopyOnWriteArrayList<>();

  private final Path root;

  HubFixture(Path root) throws IOException {
    this.root = root;
    hub.small("config.json", "{\"architectures\":[\"LlamaForCausalLM\"]}")
        .small("tokenizer.json", "{\"model\":{}}")
        .large("model.safetensors", weights);
  }

  static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  HubSettings settings() {
    return new HubSettings(
        hub.endpoint(),
        Optional.empty(),
        root,
        false,
        true,
        Duration.ofSeconds(60),
        Duration.ofSeconds(60));
  }

  HubSettings withToken() {
    return new HubSettings(
        hub.endpoint(),
        HubToken.of(SECRET, "the test"),
        root,
        false,
        true,
        Duration.ofSeconds(60),
        Duration.ofSeconds(60));
  }

  HubSettings offline() {
    return new HubSettings(
        URI.create("http://127.0.0.1:1"),
        Optional.empty(),
        root,
        true,
        true,
        Duration.ofSeconds(60),
        Duration.ofSeconds(60));
  }

  HubClient client() {
    return client(settings());
  }

  HubClient client(HubSettings settings) {
    RetryPolicy retry =
        new RetryPolicy(
            ATTEMPTS,
            Duration.ofMinutes(10),
            (attempt, asked) -> {
              waits.add(asked.orElse(Duration.ZERO));
              return Duration.ZERO;
            },
            () -> NOW);
    return new HubClient(settings, HttpClient.newHttpClient(), retry);
  }

  Path snapshot() throws IOException, InterruptedException {
    return client().snapshot(MODEL, DownloadListener.NONE);
  }

  HubCache cache() {
    return new HubCache(root, true);
  }

  Path blob(byte[] content) {
    return cache().blob(MODEL, FakeHub.lfsHash(content));
  }

  Path incomplete(byte[] content) {
    return cache().incomplete(MODEL, FakeHub.lfsHash(content));
  }

  /** Puts the beginning of a file where an interrupted download would have left it. */
  void leaveIncomplete(byte[] begin) throws IOException {
    Path incomplete = incomplete(weights);
    Files.createDirectories(incomplete.getParent());
    Files.write(incomplete, begin);
  }

  /** All files and links below the cache's root but locks, relative, with {@code /}. */
  List<String> tree() throws IOException {
    List<String> tree = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
        String name = root.relativize(path).toString().replace('\\', '/');
        if (Files.isSymbolicLink(path)) {
          tree.add(name + " -> " + Files.readSymbolicLink(path).toString().replace('\\', '/'));
        } else if (Files.isRegularFile(path) && !name.startsWith(".locks/")) {
          tree.add(name);
        }
      }
    }
    return tree;
  }

  @Override
  public void close() {
    hub.close();
  }
}
