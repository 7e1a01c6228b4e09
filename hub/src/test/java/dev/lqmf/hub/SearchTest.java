package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.hub.HubException.Problem;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models by words in their names. */
class SearchTest {
  /** The shape of an answer of huggingface.co/api/models, shortened. */
  private static final String ANSWER =
      """
      [{"_id":"65","id":"mistralai/Mistral-7B-v0.3","likes":512,"private":false,
        "downloads":123456,"tags":["safetensors"],"modelId":"mistralai/Mistral-7B-v0.3"},
       {"modelId":"old/form"},
       {"likes":1}]
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

  private void answer(String text) {
    fixture.hub.next(
        1,
        "GET",
        "/api/models",
        exchange -> FakeHub.send(exchange, text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void findsModels() throws Exception {
    List<URI> asked = new ArrayList<>();
    fixture.hub.next(
        1,
        "GET",
        "/api/models",
        exchange -> {
          asked.add(exchange.getRequestURI());
          FakeHub.send(exchange, ANSWER.getBytes(StandardCharsets.UTF_8));
        });

    assertThat(fixture.client(fixture.withToken()).search("mistral 7b & co", 3))
        .containsExactly(
            new FoundModel("mistralai/Mistral-7B-v0.3", 123_456, 512),
            new FoundModel("old/form", 0, 0));
    assertThat(asked)
        .containsExactly(
            URI.create(
                "/api/models?search=mistral%207b%20%26%20co&sort=downloads&direction=-1&limit=3"));
    assertThat(fixture.hub.requests())
        .singleElement()
        .satisfies(r -> assertThat(r.authorization()).isEqualTo("Bearer " + HubFixture.SECRET));
  }

  @Test
  void findsNothing() throws Exception {
    answer("[]");

    assertThat(fixture.client().search("nothing", 3)).isEmpty();
  }

  @Test
  void anAnswerOfAnotherKindIsTold() {
    for (String text : List.of("{\"error\":\"no\"}", "<html>", "")) {
      answer(text);
      assertThatThrownBy(() -> fixture.client().search("a", 3))
          .isInstanceOfSatisfying(
              HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.NOT_A_HUB))
          .hasMessageContaining("a search for 'a'");
    }
  }

  @Test
  void aHubThatIsDownIsNotAskedTwice() {
    fixture.hub.next(9, "GET", "/api/models", FakeHub.refusing(503, "", ""));

    assertThatThrownBy(() -> fixture.client().search("a", 3)).hasMessageContaining("answered 503");
    assertThat(fixture.hub.requests()).hasSize(1);
    assertThat(fixture.waits).isEmpty();
  }

  @Test
  void withoutANetworkTheReasonIsTold() {
    HubClient client = fixture.client();
    fixture.hub.close();

    assertThatThrownBy(() -> client.search("a", 3))
        .isInstanceOfSatisfying(
            HubException.class, e -> assertThat(e.problem()).isEqualTo(Problem.UNREACHABLE));
  }

  @Test
  void offlineTheHubIsNotAsked() {
    assertThatThrownBy(() -> fixture.client(fixture.offline()).search("a", 3))
        .hasMessageContaining("HF_HUB_OFFLINE");
    assertThat(fixture.hub.requests()).isEmpty();
  }
}
