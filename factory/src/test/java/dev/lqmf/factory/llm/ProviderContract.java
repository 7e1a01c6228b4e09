package dev.lqmf.factory.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.llm.FakeProvider.End;
import dev.lqmf.factory.llm.FakeProvider.Reply;
import dev.lqmf.factory.llm.FakeProvider.Request;
import dev.lqmf.factory.llm.LlmException.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every provider keeps to; a subclass knows how its API looks on the wire. */
abstract class ProviderContract {
  private static final String KEY = "sk-very-Secret_0123456789";
  private static final String SCHEMA =
      """
      {"type":"object","properties":{"bits":{"type":"integer"}},"required":["bits"],\
      "additionalProperties":false}""";
  private static final LlmTimeouts PATIENT =
      new LlmTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(30));
  private static final LlmTimeouts HASTY =
      new LlmTimeouts(Duration.ofSeconds(5), Duration.ofMillis(200));
  private static final ResilientModel.Patience NO_WAIT =
      new ResilientModel.Patience(3, Duration.ofSeconds(5), _ -> 1L, 100, Duration.ofMinutes(1));

  private FakeProvider server;

  abstract LlmProvider provider();

  /** The path of the API below the address that the user gives, for an answer and for a stream. */
  abstract String path(boolean streaming);

  /** The header that holds the key, with it. */
  abstract Map.Entry<String, String> keyHeader(String key);

  /** A whole answer. */
  abstract String answer(String text);

  /** The events of a streamed answer. */
  abstract String events(List<String> pieces);

  /** The body of a refusal. */
  abstract String refusal(String message);

  /** Where the request holds the schema; what follows is an object with "properties". */
  abstract String schemaField();

  @BeforeEach
  void start() throws IOException {
    server = new FakeProvider();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private LlmAccount account(String address) {
    Map<String, String> variables =
        Map.of(provider().keyVariable(), KEY, provider().addressVariable(), address);
    return new LlmSettings(name -> Optional.ofNullable(variables.get(name)), Optional.empty())
        .account(provider());
  }

  private LanguageModel model(LlmTimeouts timeouts) throws LlmException {
    return LanguageModels.open(account(server.address()), timeouts, NO_WAIT);
  }

  private LanguageModel model() throws LlmException {
    return model(PATIENT);
  }

  private LlmException failure(LlmTimeouts timeouts) throws LlmException {
    LanguageModel model = model(timeouts);
    try {
      model.ask("You plan.", "How many bits?", SCHEMA);
    } catch (LlmException e) {
      return e;
    }
    throw new AssertionError("no failure");
  }

  private static String json(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  @Test
  void asksInTheProvidersOwnFormat() throws Exception {
    server.reply(Reply.of(200, answer(json("{\"bits\": 4}"))));

    String answer = model().ask("You plan.", "How many bits?", SCHEMA);

    assertThat(answer).isEqualTo("{\"bits\": 4}");
    Request request = server.requests().getFirst();
    assertThat(request.uri().toString()).isEqualTo(path(false));
    Map.Entry<String, String> header = keyHeader(KEY);
    assertThat(request.header(header.getKey())).contains(header.getValue());
    assertThat(request.uri().toString()).doesNotContain(KEY);
    assertThat(request.body())
        .contains("You plan.", "How many bits?", schemaField())
        .doesNotContain(KEY);
    assertThat(request.body().substring(request.body().indexOf(schemaField())))
        .contains("\"properties\"", "\"bits\"", "\"integer\"");
  }

  @Test
  void takesAnAnswerOutOfItsFence() throws Exception {
    server.reply(Reply.of(200, answer(json("```json\n{\"bits\": 4}\n```\n"))));

    assertThat(model().ask("", "How many bits?", SCHEMA)).isEqualTo("{\"bits\": 4}");
  }

  @Test
  void streams() throws Exception {
    server.reply(Reply.events(events(List.of("Take ", "Q4_K_M", ", é."))));
    List<String> pieces = new ArrayList<>();

    model().stream("You plan.", "Which type?", pieces::add);

    assertThat(String.join("", pieces)).isEqualTo("Take Q4_K_M, é.");
    assertThat(server.requests().getFirst().uri().toString()).isEqualTo(path(true));
  }

  @ParameterizedTest
  @CsvSource({
    "400, BAD_REQUEST, 1",
    "401, KEY_REJECTED, 1",
    "403, KEY_REJECTED, 1",
    "404, MODEL_NOT_FOUND, 1",
    "429, RATE_LIMITED, 3",
    "500, SERVER_ERROR, 3",
    "503, SERVER_ERROR, 3",
    "529, SERVER_ERROR, 3"
  })
  void tellsRefusalsApartAndRepeatsThoseThatPass(int status, Problem problem, int attempts)
      throws Exception {
    server.reply(Reply.of(status, refusal("so it is")));

    LlmException e = failure(PATIENT);

    assertThat(e.problem()).isEqualTo(problem);
    assertThat(e).hasMessage(provider().name() + " answered " + status + ": so it is");
    assertThat(e.mend()).isNotEmpty();
    assertThat(server.requests()).hasSize(attempts);
  }

  @Test
  void goesOnAfterAFailureThatPasses() throws Exception {
    server.reply(
        Reply.of(503, "<html>upstream</html>"),
        Reply.of(429, refusal("slow down")).with("Retry-After", "0"),
        Reply.of(200, answer(json("{\"bits\": 4}"))));

    assertThat(model().ask("", "How many bits?", SCHEMA)).isEqualTo("{\"bits\": 4}");
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void doesNotWaitForAServerThatAsksForTooMuch() throws Exception {
    server.reply(Reply.of(429, refusal("slow down")).with("Retry-After", "3600"));

    LlmException e = failure(PATIENT);

    assertThat(e.mend()).contains("in 3600 s");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aStreamThatIsRefusedFailsLikeAQuestion() throws Exception {
    server.reply(Reply.of(401, refusal("wrong key " + KEY)));
    LanguageModel model = model();

    assertThatThrownBy(() -> model.stream("", "Hello", _ -> {}))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.problem()).isEqualTo(Problem.KEY_REJECTED))
        .hasMessage(provider().name() + " answered 401: wrong key [key]");
  }

  @Test
  void aDroppedConnectionIsTriedAgain() throws Exception {
    String whole = answer(json("{\"bits\": 4}"));
    server.reply(
        Reply.of(200, whole.substring(0, whole.length() / 2)).ending(End.DROPPED),
        Reply.of(200, whole));

    assertThat(model().ask("", "How many bits?", SCHEMA)).isEqualTo("{\"bits\": 4}");
  }

  @Test
  void aStreamThatBreaksOffIsNotRepeatedOnceItsBeginningIsShown() throws Exception {
    String whole = events(List.of("Take ", "Q4_K_M"));
    server.reply(Reply.events(whole.substring(0, whole.indexOf("Q4_K_M"))).ending(End.DROPPED));
    LanguageModel model = model();
    List<String> pieces = new ArrayList<>();

    assertThatThrownBy(() -> model.stream("", "Which type?", pieces::add))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.problem()).isEqualTo(Problem.UNREACHABLE));
    assertThat(pieces).containsExactly("Take ");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aSlowAnswerIsGivenUp() throws Exception {
    server.reply(Reply.of(200, "").ending(End.STALLED));

    LlmException e = failure(HASTY);

    assertThat(e.problem()).isEqualTo(Problem.SLOW);
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aStreamThatStallsIsGivenUp() throws Exception {
    String whole = events(List.of("Take ", "Q4_K_M"));
    server.reply(Reply.events(whole.substring(0, whole.indexOf("Q4_K_M"))).ending(End.STALLED));
    LanguageModel model = model(HASTY);

    assertThatThrownBy(() -> model.stream("", "Which type?", _ -> {}))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.problem()).isEqualTo(Problem.SLOW));
  }

  @ParameterizedTest
  @ValueSource(strings = {"not json at all", "{\"bits\": 4", "[4]", "4", "", "{\"bits\": 4} {}"})
  void anAnswerThatIsNoJsonObjectIsRefused(String text) throws Exception {
    server.reply(Reply.of(200, answer(json(text))));

    assertThat(failure(PATIENT).problem()).isEqualTo(Problem.MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"not json", "{}", "[]", "{\"choices\":[],\"content\":[]}", "null", ""})
  void anAnswerInAnotherFormatIsRefused(String body) throws Exception {
    server.reply(Reply.of(200, body));

    LlmException e = failure(PATIENT);

    assertThat(e.problem()).isEqualTo(Problem.MALFORMED);
    assertThat(e.getMessage()).startsWith(provider().name() + " gave an answer that cannot be");
  }

  @Test
  void aServerThatIsNotThereIsUnreachable() throws Exception {
    String address;
    try (ServerSocket free = new ServerSocket(0)) {
      address = "http://127.0.0.1:" + free.getLocalPort();
    }
    LanguageModel model = LanguageModels.open(account(address), PATIENT, NO_WAIT);

    assertThatThrownBy(() -> model.ask("", "How many bits?", SCHEMA))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.problem()).isEqualTo(Problem.UNREACHABLE));
  }

  @Test
  void aProviderThatKeepsFailingIsLeftAlone() throws Exception {
    server.reply(Reply.of(500, refusal("broken")));
    LanguageModel model =
        LanguageModels.open(
            account(server.address()),
            PATIENT,
            new ResilientModel.Patience(
                2, Duration.ofSeconds(1), _ -> 1L, 2, Duration.ofMinutes(5)));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> model.ask("", "How many bits?", SCHEMA))
          .hasMessageContaining("answered 500");
    }

    assertThatThrownBy(() -> model.ask("", "How many bits?", SCHEMA))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.problem()).isEqualTo(Problem.PAUSED));
    assertThat(server.requests()).hasSize(4);
  }

  @Test
  void anInterruptCancels() throws Exception {
    server.reply(Reply.of(200, "").ending(End.STALLED));
    LanguageModel model = model();

    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> model.ask("", "How many bits?", SCHEMA))
        .isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  /** Servers quote what they were sent, and libraries quote servers. */
  @ParameterizedTest
  @ValueSource(ints = {200, 400, 401, 403, 404, 429, 500})
  void theKeyIsNeverShown(int status) throws Exception {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    String echo = "Incorrect API key provided: " + KEY + " and " + KEY.toUpperCase(Locale.ROOT);
    server.reply(
        Reply.of(status, refusal(echo.repeat(3))),
        Reply.of(status, echo.repeat(3)),
        Reply.of(status, "{\"error\":\"" + echo + "\"}"));
    StringWriter thrown = new StringWriter();
    try (PrintStream capture = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(capture);
      System.setErr(capture);
      for (int i = 0; i < 3; i++) {
        failure(PATIENT).printStackTrace(new PrintWriter(thrown));
      }
    } finally {
      System.setOut(out);
      System.setErr(err);
    }

    assertThat(thrown.toString()).contains("LlmException").doesNotContainIgnoringCase(KEY);
    assertThat(printed.toString(StandardCharsets.UTF_8)).doesNotContainIgnoringCase(KEY);
    assertThat(account(server.address()).toString()).doesNotContainIgnoringCase(KEY);
    // Not its beginning either, which a message cut short might hold.
    assertThat(thrown.toString()).doesNotContainIgnoringCase(KEY.substring(0, 9));
  }
}
