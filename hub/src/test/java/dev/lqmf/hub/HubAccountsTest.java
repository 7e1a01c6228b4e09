package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubAccountsTest {
  private static final HubToken TOKEN = HubToken.of(HubFixture.SECRET, "HF_TOKEN").orElseThrow();

  /** What the Hub answers for a user's token, shortened. */
  private static final String ANSWER =
      """
      {"type":"user","id":"1","name":"ada","fullname":"Ada","isPro":true,"canPay":false,
       "orgs":[{"type":"org","name":"analytical-engine"}],
       "auth":{"type":"access_token","accessToken":{"displayName":"my laptop","role":"read",
       "createdAt":"2026-01-01T00:00:00.000Z"}}}
      """;

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

  private Account whoAmI() throws Exception {
    RetryPolicy retry =
        new RetryPolicy(3, Duration.ofMinutes(1), (_, _) -> Duration.ZERO, () -> HubFixture.NOW);
    return new HubAccounts(fixture.settings(), HttpClient.newHttpClient(), retry).whoAmI(TOKEN);
  }

  private void answer(int times, String text) {
    fixture.hub.next(
        times,
        "GET",
        "/api/whoami-v2",
        FakeHub.ignoringRange(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void tellsWhoseTheTokenIs() throws Exception {
    answer(1, ANSWER);

    Account account = whoAmI();

    assertThat(account.user()).isEqualTo("ada");
    assertThat(account.plan()).isEqualTo("PRO");
    assertThat(account.organizations()).containsExactly("analytical-engine");
    assertThat(account.tokenName()).isEqualTo("my laptop");
    assertThat(account.role()).isEqualTo("read");
    assertThat(fixture.hub.requests("GET", "/api/whoami-v2").getFirst().authorization())
        .isEqualTo("Bearer " + HubFixture.SECRET);
  }

  @Test
  void asksAgainWhenTheHubIsBusy() throws Exception {
    fixture.hub.next(2, "GET", "/api/whoami-v2", FakeHub.refusing(503, Map.of()));
    answer(1, ANSWER);

    assertThat(whoAmI().user()).isEqualTo("ada");
  }

  @ParameterizedTest
  @CsvSource({
    "401, TOKEN_REJECTED, the Hub does not accept the Hugging Face token from HF_TOKEN",
    "503, SERVER_ERROR, answered 503",
    "429, RATE_LIMITED, answered 429",
    "302, NOT_A_HUB, it answered 302",
    "404, NOT_A_HUB, it answered 404"
  })
  void saysWhatIsWrongWithoutShowingTheToken(int status, Problem problem, String message) {
    fixture.hub.next(
        3,
        "GET",
        "/api/whoami-v2",
        FakeHub.refusing(status, Map.of("Location", "http://" + fixture.hub.storeHost() + "/x")));

    HubException refusal = catchThrowableOfType(HubException.class, this::whoAmI);

    assertThat(refusal.problem()).isEqualTo(problem);
    assertThat(refusal).hasMessageContaining(message);
    assertThat(refusal.toString() + refusal.mend()).doesNotContain(HubFixture.SECRET);
    assertThat(fixture.hub.requests()).noneMatch(r -> r.host().equals(fixture.hub.storeHost()));
  }

  @ParameterizedTest
  @CsvSource({"<html>Welcome!</html>, its answer is not JSON", "{}, its answer names no user"})
  void somethingElseIsNotAHub(String text, String message) {
    answer(1, text);

    HubException refusal = catchThrowableOfType(HubException.class, this::whoAmI);

    assertThat(refusal.problem()).isEqualTo(Problem.NOT_A_HUB);
    assertThat(refusal).hasMessageEndingWith(message);
  }

  @Test
  void aTokenOpensAModelOrTheReasonIsTold() throws Exception {
    assertThat(fixture.client(fixture.withToken()).checkAccess(HubFixture.MODEL).commit())
        .isEqualTo(FakeHub.COMMIT);
    assertThat(fixture.hub.requests("GET", "/resolve/")).as("nothing is fetched").isEmpty();

    fixture.hub.next(
        1, "HEAD", "config.json", FakeHub.refusing(403, "GatedRepo", "not in the list"));
    HubException refusal =
        catchThrowableOfType(
            HubException.class,
            () -> fixture.client(fixture.withToken()).checkAccess(HubFixture.MODEL));
    assertThat(refusal.problem()).isEqualTo(Problem.GATED);
  }
}
