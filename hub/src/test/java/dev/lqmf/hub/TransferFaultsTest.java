package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Broken connections, servers that lie, and what is kept of a download that ends early. */
class TransferFaultsTest {
  private static final String WEIGHTS = "/blob/model.safetensors";

  @TempDir Path root;
  private HubFixture fixture;
  private FakeHub hub;
  private byte[] weights;

  @BeforeEach
  void start() throws IOException {
    fixture = new HubFixture(root);
    hub = fixture.hub;
    weights = fixture.weights;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private void assertDownloaded(Path snapshot) {
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(fixture.incomplete(weights)).doesNotExist();
  }

  @Test
  void aConnectionThatDropsSeveralTimesIsContinued() throws Exception {
    hub.next(3, "GET", WEIGHTS, FakeHub.dropping(weights, 50_000));

    assertDownloaded(fixture.snapshot());

    assertThat(hub.requests("GET", WEIGHTS))
        .extracting(FakeHub.Request::range)
        .containsExactly(null, "bytes=50000-", "bytes=100000-", "bytes=150000-");
    assertThat(fixture.waits).hasSize(3);
  }

  @Test
  void dropsAreForgivenAsLongAsMuchArrives() throws Exception {
    byte[] big = HubFixture.bytes((HubFixture.ATTEMPTS + 3) << 20, 5);
    hub.large("model.safetensors", big);
    hub.next(HubFixture.ATTEMPTS + 2, "GET", WEIGHTS, FakeHub.dropping(big, 1 << 20));

    assertThat(fixture.snapshot().resolve("model.safetensors")).hasBinaryContent(big);
  }

  @Test
  void aConnectionThatNeverHoldsIsGivenUpAndItsBytesKept() {
    hub.next(Integer.MAX_VALUE, "GET", WEIGHTS, FakeHub.dropping(weights, 1000));

    assertThatThrownBy(fixture::snapshot)
        .hasMessageStartingWith(
            "the connection to localhost broke in model.safetensors of org/model")
        .isInstanceOfSatisfying(
            HubException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.UNREACHABLE);
              assertThat(e.mend()).isEqualTo("run again: what has arrived is kept");
            });
    assertThat(fixture.incomplete(weights))
        .hasBinaryContent(Arrays.copyOf(weights, HubFixture.ATTEMPTS * 1000));
    assertThat(hub.requests("GET", WEIGHTS)).hasSize(HubFixture.ATTEMPTS);
  }

  @Test
  void whatAnEarlierRunLeftIsContinued() throws Exception {
    fixture.leaveIncomplete(Arrays.copyOf(weights, 123_456));

    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", WEIGHTS))
        .extracting(FakeHub.Request::range)
        .containsExactly("bytes=123456-");
  }

  @Test
  void whatAnEarlierRunLeftWholeIsOnlyChecked() throws Exception {
    fixture.leaveIncomplete(weights);

    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", WEIGHTS)).isEmpty();
  }

  @Test
  void whatAnEarlierRunLeftDamagedIsFetchedAgain() throws Exception {
    fixture.leaveIncomplete(new byte[1000]);

    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", WEIGHTS))
        .extracting(FakeHub.Request::range)
        .containsExactly("bytes=1000-", null);
  }

  @Test
  void whatIsLongerThanTheFileIsFetchedAgain() throws Exception {
    fixture.leaveIncomplete(Arrays.copyOf(weights, weights.length + 1));

    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", WEIGHTS)).extracting(FakeHub.Request::range).containsOnlyNulls();
  }

  @Test
  void aServerThatIgnoresTheRangeRestartsTheFile() throws Exception {
    fixture.leaveIncomplete(Arrays.copyOf(weights, 1000));
    hub.next(1, "GET", WEIGHTS, FakeHub.ignoringRange(weights));

    assertDownloaded(fixture.snapshot());
    assertThat(fixture.waits).isEmpty();
  }

  @Test
  void aRangeOtherThanTheOneAskedForRestartsTheFile() throws Exception {
    fixture.leaveIncomplete(Arrays.copyOf(weights, 1000));
    hub.next(
        1,
        "GET",
        WEIGHTS,
        exchange -> {
          exchange.getResponseHeaders().set("Content-Range", "bytes 0-999/" + weights.length);
          exchange.sendResponseHeaders(206, 1000);
          exchange.getResponseBody().write(weights, 0, 1000);
        });

    assertDownloaded(fixture.snapshot());
  }

  @Test
  void aRangeThatIsRefusedRestartsTheFile() throws Exception {
    fixture.leaveIncomplete(Arrays.copyOf(weights, 1000));
    hub.next(1, "GET", WEIGHTS, FakeHub.refusing(416, "", ""));

    assertDownloaded(fixture.snapshot());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1})
  void aWrongLengthIsAskedForAgain(int error) throws Exception {
    byte[] other = Arrays.copyOf(weights, weights.length + error);
    hub.next(2, "GET", WEIGHTS, FakeHub.ignoringRange(other));

    assertDownloaded(fixture.snapshot());
  }

  @Test
  void aLengthThatStaysWrongIsAnError() {
    byte[] other = Arrays.copyOf(weights, weights.length - 10);
    hub.next(Integer.MAX_VALUE, "GET", WEIGHTS, FakeHub.ignoringRange(other));

    assertThatThrownBy(fixture::snapshot)
        .hasMessage(
            "model.safetensors of org/model does not arrive as the Hub describes it: it has 299990"
                + " bytes and not 300000")
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.CORRUPT_DOWNLOAD));
    assertThat(fixture.blob(weights)).doesNotExist();
  }

  /** Without a Content-Length, only the end tells. */
  @Test
  void aBodyThatEndsEarlyIsContinued() throws Exception {
    hub.next(
        1,
        "GET",
        WEIGHTS,
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(weights, 0, 1000);
          exchange.getResponseBody().close();
        });

    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", WEIGHTS))
        .extracting(FakeHub.Request::range)
        .containsExactly(null, "bytes=1000-");
  }

  @Test
  void aBodyThatDoesNotEndIsCutOff() throws Exception {
    hub.next(
        1,
        "GET",
        WEIGHTS,
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(weights);
          exchange.getResponseBody().write(weights);
        });

    assertDownloaded(fixture.snapshot());
  }

  @Test
  void aWrongHashIsAskedForAgain() throws Exception {
    byte[] other = weights.clone();
    other[77] ^= 1;
    hub.next(1, "GET", WEIGHTS, FakeHub.ignoringRange(other));

    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", WEIGHTS)).extracting(FakeHub.Request::range).containsOnlyNulls();
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "config.json"})
  void aHashThatStaysWrongIsAnError(String file) throws Exception {
    byte[] right =
        file.equals("config.json")
            ? "{\"architectures\":[\"LlamaForCausalLM\"]}".getBytes()
            : weights;
    String hash = right == weights ? FakeHub.lfsHash(right) : FakeHub.gitHash(right);
    byte[] other = right.clone();
    other[7] ^= 1;
    hub.next(Integer.MAX_VALUE, "GET", file, FakeHub.ignoringRange(other));

    assertThatThrownBy(fixture::snapshot)
        .hasMessageStartingWith(
            file + " of org/model does not arrive as the Hub describes it: its hash is not ")
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.CORRUPT_DOWNLOAD));
    Path blob = fixture.cache().blob(HubFixture.MODEL, hash);
    assertThat(blob).doesNotExist();
    assertThat(blob.resolveSibling(hash + ".incomplete")).doesNotExist();
    assertThat(root.resolve("models--org--model/snapshots/" + FakeHub.COMMIT + "/" + file))
        .doesNotExist();
  }

  @Test
  void aStoreThatFailsIsAskedAgainThroughTheHub() throws Exception {
    // A signed address may have expired: a new one is needed.
    hub.next(2, "GET", WEIGHTS, FakeHub.refusing(503, "", ""));

    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", "/resolve/" + FakeHub.COMMIT + "/model.safetensors")).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 500, 502, 503, 504})
  void aServerThatFailsIsAskedAgain(int status) throws Exception {
    hub.next(2, "GET", "/api/models", FakeHub.refusing(status, "", ""));
    hub.next(2, "HEAD", "config.json", FakeHub.refusing(status, "", ""));

    assertDownloaded(fixture.snapshot());
    assertThat(fixture.waits).hasSize(4);
  }

  @Test
  void aServerThatKeepsFailingIsGivenUp() {
    hub.next(Integer.MAX_VALUE, "GET", "/api/models", FakeHub.refusing(503, "", "down for repair"));

    assertThatThrownBy(fixture::snapshot)
        .hasMessage(
            "127.0.0.1:%d answered 503 for org/model: down for repair", hub.endpoint().getPort())
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.SERVER_ERROR));
    assertThat(hub.requests()).hasSize(HubFixture.ATTEMPTS);
  }

  @Test
  void aWaitThatTheServerAsksForIsKept() throws Exception {
    hub.next(1, "GET", "/api/models", FakeHub.refusing(429, Map.of("Retry-After", "17")));
    hub.next(
        1,
        "GET",
        "/api/models",
        FakeHub.refusing(429, Map.of("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")));
    hub.next(
        1, "GET", "/api/models", FakeHub.refusing(429, Map.of("RateLimit", "\"api\";r=0;t=55")));
    hub.next(1, "GET", "/api/models", FakeHub.refusing(503, Map.of("Retry-After", "in a while")));

    assertDownloaded(fixture.snapshot());
    assertThat(fixture.waits)
        .containsExactly(
            Duration.ofSeconds(17), Duration.ofSeconds(30), Duration.ofSeconds(55), Duration.ZERO);
  }

  @Test
  void aWaitThatIsTooLongIsLeftToTheUser() {
    hub.next(1, "GET", "/api/models", FakeHub.refusing(429, Map.of("Retry-After", "3600")));

    assertThatThrownBy(fixture::snapshot)
        .isInstanceOfSatisfying(
            HubException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.RATE_LIMITED);
              assertThat(e.mend())
                  .isEqualTo("try again in 3600 s; with HF_TOKEN set the Hub allows more requests");
            });
    assertThat(hub.requests()).hasSize(1);
  }

  @Test
  void aStalledBodyIsContinuedOnAnotherConnection() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    hub.next(1, "GET", WEIGHTS, stalling(end));
    HubSettings s = fixture.settings();
    HubSettings impatient =
        new HubSettings(
            s.endpoint(), s.token(), root, false, true, s.answerTimeout(), Duration.ofSeconds(1));
    try {
      assertDownloaded(fixture.client(impatient).snapshot(HubFixture.MODEL, DownloadListener.NONE));
    } finally {
      end.countDown();
    }
    assertThat(hub.requests("GET", WEIGHTS)).hasSizeGreaterThan(1);
    assertThat(hub.requests("GET", WEIGHTS).getLast().range()).isNotNull();
  }

  @Test
  void aServerThatDoesNotAnswerIsGivenUp() {
    CountDownLatch end = new CountDownLatch(1);
    hub.next(Integer.MAX_VALUE, "GET", "/api/models", exchange -> await(end));
    HubSettings s = fixture.settings();
    HubSettings impatient =
        new HubSettings(
            s.endpoint(), s.token(), root, false, true, Duration.ofMillis(100), s.stallTimeout());
    try {
      assertThatThrownBy(
              () -> fixture.client(impatient).snapshot(HubFixture.MODEL, DownloadListener.NONE))
          .isInstanceOfSatisfying(
              HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.UNREACHABLE))
          .hasMessageContaining("no connection to 127.0.0.1 for org/model: ");
    } finally {
      end.countDown();
    }
  }

  @Test
  void anInterruptEndsTheDownloadAndKeepsWhatHasArrived() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    hub.next(1, "GET", WEIGHTS, stalling(end));
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              Thread downloading = Thread.currentThread();
              try {
                fixture
                    .client()
                    .snapshot(
                        HubFixture.MODEL,
                        progress -> {
                          if (progress.file().equals("model.safetensors")
                              && progress.fileDone() == 100_000) {
                            downloading.interrupt();
                          }
                        });
              } catch (IOException | InterruptedException e) {
                outcome.set(e);
              }
            });
    try {
      thread.start();
      thread.join();
    } finally {
      end.countDown();
    }

    assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
    assertThat(fixture.incomplete(weights)).hasBinaryContent(Arrays.copyOf(weights, 100_000));
    Path lock = fixture.cache().lock(HubFixture.MODEL, FakeHub.lfsHash(weights));
    CacheLock.tryAcquire(lock).orElseThrow().close();
    assertDownloaded(fixture.snapshot());
    assertThat(hub.requests("GET", WEIGHTS).getLast().range()).isEqualTo("bytes=100000-");
  }

  /** Real waits are checked without waiting: the interrupt comes before the first one. */
  @Test
  void anInterruptEndsTheWaitBeforeAnotherAttempt() throws Exception {
    hub.next(Integer.MAX_VALUE, "GET", "/api/models", FakeHub.refusing(503, "", ""));
    RetryPolicy patient =
        new RetryPolicy(
            2,
            Duration.ofDays(2),
            (attempt, asked) -> {
              Thread.currentThread().interrupt();
              return Duration.ofDays(1);
            },
            () -> HubFixture.NOW);
    HubClient client = new HubClient(fixture.settings(), HttpClient.newHttpClient(), patient);

    assertThatThrownBy(() -> client.snapshot(HubFixture.MODEL, DownloadListener.NONE))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void theStandardBackoffGrowsAndYieldsToTheServer() {
    RetryPolicy standard = RetryPolicy.standard();

    for (int attempt = 1; attempt < standard.attempts(); attempt++) {
      long expected = 1000L << (attempt - 1);
      assertThat(standard.backoff().after(attempt, Optional.empty()).toMillis())
          .isBetween(expected / 2, expected * 3 / 2);
    }
    assertThat(standard.backoff().after(1, Optional.of(Duration.ofSeconds(42))))
        .isEqualTo(Duration.ofSeconds(42));
  }

  private com.sun.net.httpserver.HttpHandler stalling(CountDownLatch end) {
    return exchange -> {
      exchange.sendResponseHeaders(200, weights.length);
      exchange.getResponseBody().write(weights, 0, 100_000);
      exchange.getResponseBody().flush();
      await(end);
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
  }
}
