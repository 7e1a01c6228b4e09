package dev.lqmf.hub;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks the Hub whom a token belongs to. */
public final class HubAccounts {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final URI endpoint;
  private final Duration timeout;
  private final HttpClient http;
  private final RetryPolicy retry;

  /**
   * @param http must not follow redirects by itself: it would send the token along
   */
  public HubAccounts(HubSettings settings, HttpClient http, RetryPolicy retry) {
    if (http.followRedirects() != Redirect.NEVER) {
      throw new IllegalArgumentException("the HTTP client must not follow redirects");
    }
    this.endpoint = settings.endpoint();
    this.timeout = settings.answerTimeout();
    this.http = http;
    this.retry = retry;
  }

  /** One that asks as an environment describes it; not often, since a person waits meanwhile. */
  public static HubAccounts of(HubSettings settings, Map<String, String> environment) {
    return new HubAccounts(
        settings, HubClient.http(environment), RetryPolicy.standard().withRetries(1));
  }

  /**
   * The account of a token.
   *
   * @throws HubException if the Hub does not know the token, or cannot be asked
   */
  public Account whoAmI(HubToken token) throws IOException, InterruptedException {
    return retry.run(() -> ask(token), DownloadListener.NONE);
  }

  private Account ask(HubToken token) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoint + "/api/whoami-v2"))
            .timeout(timeout)
            .header("User-Agent", "lqmf")
            .header("Authorization", token.authorization())
            .build();
    HttpResponse<String> answer;
    try {
      answer = http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new TransientHubException(
          Problem.UNREACHABLE,
          "no connection to " + endpoint.getAuthority() + ": " + reason,
          "check the network, the proxy and HF_ENDPOINT",
          e);
    }
    return switch (answer.statusCode()) {
      case 200 -> account(answer.body());
      case 401, 403 ->
          throw new HubException(
              Problem.TOKEN_REJECTED,
              "the Hub does not accept the Hugging Face token from " + token.origin(),
              "make a new one at https://huggingface.co/settings/tokens");
      case 429, 500, 502, 503, 504 ->
          throw new TransientHubException(
              answer.statusCode() == 429 ? Problem.RATE_LIMITED : Problem.SERVER_ERROR,
              endpoint.getAuthority() + " answered " + answer.statusCode(),
              "try again later; see https://status.huggingface.co");
      default -> throw notAHub("it answered " + answer.statusCode());
    };
  }

  private Account account(String body) throws HubException {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (JacksonException malformed) {
      throw notAHub("its answer is not JSON");
    }
    String user = json.path("name").asString("");
    if (user.isEmpty()) {
      throw notAHub("its answer names no user");
    }
    List<String> organizations = new ArrayList<>();
    for (JsonNode organization : json.path("orgs")) {
      organizations.add(organization.path("name").asString(""));
    }
    JsonNode token = json.path("auth").path("accessToken");
    return new Account(
        user,
        json.path("isPro").asBoolean(false) ? "PRO" : "free",
        organizations,
        token.path("displayName").asString("lqmf"),
        token.path("role").asString(""));
  }

  private HubException notAHub(String lack) {
    return new HubException(
        Problem.NOT_A_HUB,
        endpoint.getAuthority() + " is not a Hub: " + lack,
        "check HF_ENDPOINT, the proxy and the firewall");
  }
}
