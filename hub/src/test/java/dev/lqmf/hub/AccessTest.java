package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom the token is shown to, and how the Hub's refusals are told apart. */
class AccessTest {
  private static final String BEARER = "Bearer " + HubFixture.SECRET;

  @TempDir Path root;
  private HubFixture fixture;
  private FakeHub hub;

  @BeforeEach
  void start() throws IOException {
    fixture = new HubFixture(root);
    hub = fixture.hub;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private HubException refusal(HubSettings settings) {
    return refusal(settings, HubFixture.MODEL);
  }

  private HubException refusal(HubSettings settings, ModelId model) {
    HubException refusal =
        catchThrowableOfType(
            HubException.class,
            () -> fixture.client(settings).snapshot(model, DownloadListener.NONE));
    assertThat(refusal).isNotNull();
    StringWriter trace = new StringWriter();
    refusal.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString() + refusal.mend())
        .doesNotContain(HubFixture.SECRET)
        .doesNotContain(FakeHub.SIGNATURE);
    return refusal;
  }

  @Test
  void theTokenDoesNotFollowARedirectToAnotherHost() throws Exception {
    fixture.client(fixture.withToken()).snapshot(HubFixture.MODEL, DownloadListener.NONE);

    assertThat(hub.requests())
        .filteredOn(r -> r.host().equals(hub.endpoint().getAuthority()))
        .isNotEmpty()
        .allSatisfy(r -> assertThat(r.authorization()).isEqualTo(BEARER));
    assertThat(hub.requests())
        .filteredOn(r -> r.host().equals(hub.storeHost()))
        .isNotEmpty()
        .allSatisfy(r -> assertThat(r.authorization()).isNull());
  }

  /** Metadata is read from the redirect itself; the other host is not even asked. */
  @Test
  void metadataIsNotAskedForFromAnotherHost() throws Exception {
    fixture.client(fixture.withToken()).snapshot(HubFixture.MODEL, DownloadListener.NONE);

    assertThat(hub.requests("HEAD", ""))
        .isNotEmpty()
        .allSatisfy(r -> assertThat(r.host()).isEqualTo(hub.endpoint().getAuthority()));
  }

  /** The same machine under another name or port may be somebody else's server. */
  @Test
  void anotherPortIsAnotherHost() throws Exception {
    String other = "http://127.0.0.1:" + hub.storeHost().replace("localhost:", "");
    hub.next(
        1,
        "GET",
        "/resolve/" + FakeHub.COMMIT + "/model.safetensors",
        FakeHub.refusing(
            302, Map.of("Location", other + "/blob/model.safetensors?" + FakeHub.SIGNATURE)));

    fixture.client(fixture.withToken()).snapshot(HubFixture.MODEL, DownloadListener.NONE);

    assertThat(hub.requests("GET", "/blob/model.safetensors"))
        .singleElement()
        .satisfies(r -> assertThat(r.authorization()).isNull());
  }

  /** From the store back to the Hub, the token is shown again, but only there. */
  @Test
  void aChainOfRedirectsShowsTheTokenToTheHubOnly() throws Exception {
    hub.next(
        1,
        "GET",
        "/blob/model.safetensors",
        FakeHub.refusing(302, Map.of("Location", hub.endpoint() + "/elsewhere")));
    hub.next(1, "GET", "/elsewhere", exchange -> FakeHub.send(exchange, fixture.weights));

    fixture.client(fixture.withToken()).snapshot(HubFixture.MODEL, DownloadListener.NONE);

    assertThat(hub.requests("GET", "/elsewhere"))
        .singleElement()
        .satisfies(r -> assertThat(r.authorization()).isEqualTo(BEARER));
    assertThat(hub.requests("GET", "/blob/model.safetensors"))
        .singleElement()
        .satisfies(r -> assertThat(r.authorization()).isNull());
  }

  @Test
  void theApiIsNotFollowedToAnotherHost() {
    hub.next(
        1,
        "GET",
        "/api/models",
        FakeHub.refusing(307, Map.of("Location", "http://" + hub.storeHost() + "/api")));

    assertThat(refusal(fixture.withToken()).problem()).isEqualTo(Problem.NOT_A_HUB);
    assertThat(hub.requests()).noneMatch(r -> r.host().equals(hub.storeHost()));
  }

  @Test
  void aModelThatWasRenamedIsFound() throws Exception {
    Path snapshot =
        withRedirectedApi(ModelId.parse("model"), "/api/models/org/model/revision/main");

    assertThat(snapshot.resolve("config.json")).exists();
  }

  private Path withRedirectedApi(ModelId model, String target) throws Exception {
    hub.next(1, "GET", "/api/models/model", FakeHub.refusing(307, Map.of("Location", target)));
    for (String file : new String[] {"config.json", "tokenizer.json", "model.safetensors"}) {
      for (String method : new String[] {"HEAD", "GET"}) {
        hub.next(
            1,
            method,
            "/model/resolve/" + FakeHub.COMMIT + "/" + file,
            FakeHub.refusing(
                307, Map.of("Location", "/org/model/resolve/" + FakeHub.COMMIT + "/" + file)));
      }
    }
    return fixture.client().snapshot(model, DownloadListener.NONE);
  }

  @Test
  void endlessRedirectsAreGivenUp() {
    hub.next(
        Integer.MAX_VALUE,
        "HEAD",
        "config.json",
        FakeHub.refusing(307, Map.of("Location", "/again/config.json")));

    assertThat(refusal(fixture.settings()))
        .hasMessageContaining("it redirects more than 10 times")
        .extracting(HubException::problem)
        .isEqualTo(Problem.NOT_A_HUB);
  }

  @Test
  void aRedirectToNowhereIsRefused() {
    hub.next(1, "GET", "/blob/", FakeHub.refusing(302, Map.of("Location", "file:///etc/passwd")));

    assertThat(refusal(fixture.settings())).hasMessageContaining("redirects to no usable address");
  }

  @Test
  void aGatedModelSaysWhereToAcceptItsLicence() {
    hub.next(1, "HEAD", "config.json", FakeHub.refusing(401, "GatedRepo", "Access is restricted"));

    HubException refusal = refusal(fixture.settings());

    assertThat(refusal.problem()).isEqualTo(Problem.GATED);
    assertThat(refusal).hasMessageStartingWith("org/model is gated: ");
    assertThat(refusal.mend())
        .startsWith("accept it at " + hub.endpoint() + "/org/model, make a token")
        .endsWith("set HF_TOKEN");
  }

  @Test
  void aGatedModelSaysSoToThoseWithATokenToo() {
    hub.next(1, "HEAD", "config.json", FakeHub.refusing(403, "GatedRepo", "not in the list"));

    HubException refusal = refusal(fixture.withToken());

    assertThat(refusal.problem()).isEqualTo(Problem.GATED);
    assertThat(refusal.mend()).contains("with the account the token belongs to");
  }

  @Test
  void aMissingModelMayBePrivate() {
    HubException refusal = refusal(fixture.settings(), ModelId.parse("org/mistyped"));

    assertThat(refusal.problem()).isEqualTo(Problem.REPOSITORY_NOT_FOUND);
    assertThat(refusal)
        .hasMessage(
            "there is no model org/mistyped on %s, or it is private",
            hub.endpoint().getAuthority());
    assertThat(refusal.mend())
        .isEqualTo("check the spelling; if it is private, run 'lqmf hf login' or set HF_TOKEN");
  }

  @Test
  void aBare401MayBeAMissingModel() {
    hub.next(1, "GET", "/api/models", FakeHub.refusing(401, "", ""));

    assertThat(refusal(fixture.settings()).problem()).isEqualTo(Problem.REPOSITORY_NOT_FOUND);
  }

  @Test
  void aMissingModelIsToldFromOneTheTokenMayNotRead() {
    hub.next(
        1, "GET", "/api/models", FakeHub.refusing(404, "RepoNotFound", "Repository not found"));

    HubException refusal = refusal(fixture.withToken());

    assertThat(refusal.problem()).isEqualTo(Problem.REPOSITORY_NOT_FOUND);
    assertThat(refusal.mend())
        .isEqualTo("check the spelling; if it is private, check that the token may read it");
  }

  @Test
  void aMissingRevisionIsNamed() {
    HubException refusal = refusal(fixture.settings(), ModelId.parse("org/model@v9"));

    assertThat(refusal.problem()).isEqualTo(Problem.REVISION_NOT_FOUND);
    assertThat(refusal).hasMessage("org/model has no revision 'v9'");
  }

  @Test
  void aMissingFileIsRemembered() {
    hub.next(
        1, "HEAD", "tokenizer.json", FakeHub.refusing(404, "EntryNotFound", "Entry not found"));

    HubException refusal = refusal(fixture.settings());

    assertThat(refusal.problem()).isEqualTo(Problem.ENTRY_NOT_FOUND);
    assertThat(refusal).hasMessage("org/model has no file tokenizer.json");
    assertThat(root.resolve("models--org--model/.no_exist/" + FakeHub.COMMIT + "/tokenizer.json"))
        .isEmptyFile();
  }

  @Test
  void aDisabledModelIsNamed() {
    hub.next(
        1, "GET", "/api/models", FakeHub.refusing(403, "", "Access to this resource is disabled."));

    assertThat(refusal(fixture.settings()).problem()).isEqualTo(Problem.DISABLED);
  }

  @Test
  void aWrongTokenIsNotShown() {
    hub.next(
        1,
        "GET",
        "/api/models",
        FakeHub.refusing(401, "", "Invalid credentials in Authorization header"));

    HubException refusal = refusal(fixture.withToken());

    assertThat(refusal.problem()).isEqualTo(Problem.TOKEN_REJECTED);
    assertThat(refusal.mend()).contains("set HF_TOKEN, or unset it");
  }

  @Test
  void aTokenThatIsNotEnoughIsTold() {
    hub.next(1, "GET", "/api/models", FakeHub.refusing(403, "", "needs more rights"));

    HubException refusal = refusal(fixture.withToken());

    assertThat(refusal.problem()).isEqualTo(Problem.FORBIDDEN);
    assertThat(refusal).hasMessageEndingWith("org/model: needs more rights");
  }

  /** As a hotel's network does before one has signed in. */
  @Test
  void aPageInsteadOfTheApiIsNotAHub() {
    hub.next(1, "GET", "/api/models", FakeHub.ignoringRange("<html>Welcome!</html>".getBytes()));

    assertThat(refusal(fixture.settings()))
        .hasMessageEndingWith("the answer is not JSON")
        .extracting(HubException::problem)
        .isEqualTo(Problem.NOT_A_HUB);
  }

  @Test
  void anAnswerWithoutACommitIsNotAHub() {
    hub.next(1, "GET", "/api/models", FakeHub.ignoringRange("{\"sha\": \"../..\"}".getBytes()));

    assertThat(refusal(fixture.settings())).hasMessageEndingWith("the answer names no commit");
  }

  @Test
  void aFileWithoutMetadataIsNotAHub() {
    hub.next(1, "HEAD", "config.json", FakeHub.refusing(200, Map.of("ETag", "\"abc\"")));

    assertThat(refusal(fixture.settings())).hasMessageEndingWith("the answer has no X-Repo-Commit");
  }

  @Test
  void anEtagThatLeadsOutOfTheCacheIsRefused() {
    hub.next(
        1,
        "HEAD",
        "config.json",
        FakeHub.refusing(200, Map.of("ETag", "\"../../evil\"", "X-Repo-Commit", FakeHub.COMMIT)));

    assertThat(refusal(fixture.settings())).hasMessageEndingWith("the answer has no usable ETag");
    assertThat(root.resolve("evil")).doesNotExist();
  }

  @Test
  void aClientThatFollowsRedirectsIsRefused() {
    HttpClient follows =
        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();

    assertThatThrownBy(() -> new HubClient(fixture.settings(), follows, RetryPolicy.standard()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theTokenIsInNoFileOfTheCache() throws Exception {
    fixture.client(fixture.withToken()).snapshot(HubFixture.MODEL, DownloadListener.NONE);

    try (var files = Files.walk(root)) {
      assertThat(files.filter(Files::isRegularFile))
          .isNotEmpty()
          .allSatisfy(
              f -> assertThat(Files.readAllBytes(f)).asString().doesNotContain(HubFixture.SECRET));
    }
  }
}
