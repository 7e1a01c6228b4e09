package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheLockTest {
  @TempDir Path root;

  @Test
  void onlyOneHasTheLock() throws Exception {
    Path file = root.resolve("etag.lock");
    List<String> waited = new ArrayList<>();

    try (CacheLock first = CacheLock.acquire(file, () -> waited.add("first"))) {
      assertThat(first).isNotNull();
      assertThat(CacheLock.tryAcquire(file)).isEmpty();
    }
    try (CacheLock second = CacheLock.acquire(file, () -> waited.add("second"))) {
      assertThat(second).isNotNull();
      assertThat(CacheLock.tryAcquire(file)).isEmpty();
    }
    assertThat(waited).isEmpty();
    assertThat(file).as("filelock leaves it too").isEmptyFile();
  }

  @Test
  void whoWaitsGetsTheLockWhenItIsFree() throws Exception {
    Path file = root.resolve("etag.lock");
    CacheLock first = CacheLock.acquire(file, () -> {});

    try (CacheLock second = CacheLock.acquire(file, () -> close(first))) {
      assertThat(second).isNotNull();
      assertThat(CacheLock.tryAcquire(file)).isEmpty();
    }
  }

  /** The other process finishes while this one waits: nothing is downloaded a second time. */
  @Test
  void whatAnotherProcessDownloadsIsNotDownloadedAgain() throws Exception {
    try (HubFixture fixture = new HubFixture(root)) {
      Path blob = fixture.blob(fixture.weights);
      Path file = fixture.cache().lock(HubFixture.MODEL, FakeHub.lfsHash(fixture.weights));
      Files.createDirectories(blob.getParent());
      Files.createDirectories(file.getParent());
      CacheLock other = CacheLock.acquire(file, () -> {});
      List<String> waited = new ArrayList<>();

      Path snapshot =
          fixture
              .client()
              .snapshot(
                  HubFixture.MODEL,
                  new DownloadListener() {
                    @Override
                    public void progressed(DownloadProgress progress) {}

                    @Override
                    public void waiting(String name) {
                      waited.add(name);
                      write(blob, fixture.weights);
                      close(other);
                    }
                  });

      assertThat(waited).containsExactly("model.safetensors");
      assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(fixture.weights);
      assertThat(fixture.hub.requests("GET", "model.safetensors")).isEmpty();
    }
  }

  private static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void close(CacheLock lock) {
    try {
      lock.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
