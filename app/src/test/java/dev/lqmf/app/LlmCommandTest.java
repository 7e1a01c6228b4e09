package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.lqmf.app.output.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LlmCommandTest {
  private static final String KEY = "sk-Secret_0123456789";
  private static final String ANSWER =
      """
      {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
      "message":{"role":"assistant","content":"{\\"answer\\": 5}"},"finish_reason":"stop"}],\
      "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";

  @TempDir Path directory;

  private Program run(Map<String, String> variables, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        Terminal.plain(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    Errors errors = new Errors(terminal);
    LlmCommand command =
        new LlmCommand(
            terminal,
            new Workplace(
                variables,
                directory,
                directory,
                InputStream.nullInputStream(),
                SecretPrompt.NOBODY));
    int status =
        new CommandLine(command)
            .setExecutionExceptionHandler((e, _, _) -> errors.report(e, true))
            .execute(arguments);
    return new Program(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static HttpServer server(int status, String body) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static Map<String, String> openAi(HttpServer server) {
    return Map.of(
        "OPENAI_API_KEY",
        KEY,
        "OPENAI_BASE_URL",
        "http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
  }

  @Test
  void withoutAnyProviderItSaysSo() {
    Program status = run(Map.of(), "status");
    Program test = run(Map.of(), "test");

    assertThat(status.status()).isZero();
    assertThat(status.out()).contains("gemini", "claude", "openai", "None can be asked");
    assertThat(status.out().lines()).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(88));
    assertThat(test.status()).isEqualTo(1);
    assertThat(test.err()).startsWith("error: no provider can be asked\n  → set GEMINI_API_KEY");
  }

  @Test
  void theChoiceLasts() {
    Map<String, String> keys = Map.of("GEMINI_API_KEY", KEY, "ANTHROPIC_API_KEY", KEY);
    assertThat(run(keys).out()).contains("* gemini");

    Program switched = run(keys, "switch", "claude");
    Program model = run(keys, "model", "claude-x");
    Program status = run(keys, "status", "--json");

    assertThat(switched.out()).contains("* claude", "claude is asked");
    assertThat(model.out()).contains("claude-x");
    assertThat(status.out())
        .contains("\"provider\" : \"claude\"", "\"model\" : \"claude-x\"")
        .contains("\"key_from\" : \"ANTHROPIC_API_KEY\"")
        .doesNotContain(KEY);
    assertThat(directory.resolve("config.json"))
        .content()
        .contains("\"llm_provider\" : \"claude\"", "\"llm_model\" : \"claude-x\"")
        .doesNotContain(KEY);
  }

  @Test
  void nobodyIsAskedIfThatIsTheChoice() {
    Map<String, String> keys = Map.of("GEMINI_API_KEY", KEY);

    assertThat(run(keys, "switch", "none").out()).contains("None is asked, by your choice");
    assertThat(run(keys, "test").status()).isEqualTo(1);
    assertThat(run(keys, "switch", "auto").out()).contains("gemini is asked");
  }

  @Test
  void theEnvironmentGoesBeforeTheFile() {
    Program run = run(Map.of("LLM_PROVIDER", "openai", "OPENAI_API_KEY", KEY), "switch", "claude");

    assertThat(run.err()).isEqualTo("note: LLM_PROVIDER (environment) goes before config.json\n");
    assertThat(run.out()).contains("* openai");
  }

  @Test
  void anUnknownProviderIsAMistakeOfUsage() {
    Program run = run(Map.of(), "switch", "gpt");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .startsWith(
            "error: there is no provider 'gpt'\n  → choose one of gemini, claude, openai\n");
    assertThat(directory.resolve("config.json")).doesNotExist();
  }

  @Test
  void testsTheProvider() throws IOException {
    HttpServer server = server(200, ANSWER);
    try {
      run(openAi(server), "switch", "openai/tiny");
      Program words = run(openAi(server), "test");
      Program json = run(openAi(server), "test", "--json");

      assertThat(words.status()).isZero();
      assertThat(words.out()).startsWith("openai answers, by tiny, in ");
      assertThat(json.out()).contains("\"ok\" : true", "\"model\" : \"tiny\"");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aRefusalIsTwoLinesWithoutTheKey() throws IOException {
    HttpServer server =
        server(401, "{\"error\":{\"message\":\"Incorrect API key provided: " + KEY + "\"}}");
    try {
      Program words = run(openAi(server), "test");
      Program json = run(openAi(server), "test", "--json");

      assertThat(words.status()).isEqualTo(1);
      assertThat(words.err())
          .startsWith(
              "error: openai answered 401: Incorrect API key provided: [key]\n"
                  + "  → check OPENAI_API_KEY")
          .contains("\tat ") // with the stack trace
          .doesNotContain(KEY);
      assertThat(json.status()).isEqualTo(1);
      assertThat(json.out()).contains("\"ok\" : false").doesNotContain(KEY);
      assertThat(json.err()).isEmpty();
    } finally {
      server.stop(0);
    }
  }
}
