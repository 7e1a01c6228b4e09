package dev.lqmf.runtime.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.LlamaCppRuntime;
import dev.lqmf.runtime.Session;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tokenizer.TextTokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Speaks as {@code llama-server} b6000 and later does (tools/server/README.md of llama.cpp): what
 * LQMF uses of it.
 */
final class LlamaServerDouble {
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final Session session;
  private final TextTokenizer tokenizer;
  private final String template;
  private final String bos;

  private LlamaServerDouble(Session session, TextTokenizer tokenizer, String template, String bos) {
    this.session = session;
    this.tokenizer = tokenizer;
    this.template = template;
    this.bos = bos;
  }

  public static void main(String[] args) throws IOException {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i++) {
      options.put(args[i], args[i + 1]);
    }
    // While it loads it answers 503.
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(
                InetAddress.getLoopbackAddress(), Integer.parseInt(options.get("--port"))),
            0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    LlamaServerDouble[] loaded = new LlamaServerDouble[1];
    server.createContext("/health", e -> answer(e, loaded[0] == null ? 503 : 200, Map.of()));
    server.start();
    Path model = Path.of(options.get("--model"));
    try (GgufFile gguf = GgufFile.open(model)) {
      var metadata = gguf.metadata();
      long trained = metadata.integer("llama.context_length").orElse(4096);
      Session session =
          new LlamaCppRuntime()
              .open(
                  model,
                  new SessionOptions(
                      OptionalInt.of(
                          (int) Math.min(trained, Long.parseLong(options.get("--ctx-size")))),
                      OptionalInt.empty(),
                      false));
      TextTokenizer tokenizer = TextTokenizer.ofGguf(model.toString(), metadata);
      LlamaServerDouble ready =
          new LlamaServerDouble(
              session,
              tokenizer,
              metadata.string("tokenizer.chat_template").orElse(""),
              tokenizer.bos().isPresent()
                  ? tokenizer.decode(new int[] {tokenizer.bos().getAsInt()}, false)
                  : "");
      server.createContext("/props", ready::properties);
      server.createContext("/tokenize", ready::tokenize);
      server.createContext("/apply-template", ready::applyTemplate);
      server.createContext("/completion", ready::complete);
      loaded[0] = ready;
    } catch (InputException e) {
      System.err.println("llama_model_load: error loading model: " + e.getMessage());
      System.exit(1);
    }
  }

  private void properties(HttpExchange exchange) throws IOException {
    answer(
        exchange,
        200,
        Map.of("default_generation_settings", Map.of("n_ctx", session.contextLength())));
  }

  private void tokenize(HttpExchange exchange) throws IOException {
    JsonNode body = MAPPER.readTree(exchange.getRequestBody());
    List<Integer> tokens = new ArrayList<>();
    for (int id :
        tokenizer.encode(body.get("content").asString(), body.get("add_special").asBoolean())) {
      tokens.add(id);
    }
    answer(exchange, 200, Map.of("tokens", tokens));
  }

  /** Only the template of the tests. */
  private void applyTemplate(HttpExchange exchange) throws IOException {
    JsonNode body = MAPPER.readTree(exchange.getRequestBody());
    String question = body.get("messages").get(0).get("content").asString();
    String prompt =
        template.replace("{{ bos_token }}", "").replace("{{ messages[0]['content'] }}", question);
    answer(exchange, 200, Map.of("prompt", prompt));
  }

  private void complete(HttpExchange exchange) throws IOException {
    JsonNode body = MAPPER.readTree(exchange.getRequestBody());
    List<String> stop = new ArrayList<>();
    body.get("stop").forEach(s -> stop.add(s.asString()));
    int limit = body.get("n_predict").asInt();
    GenerationOptions options =
        new GenerationOptions(
            limit < 0 ? OptionalInt.empty() : OptionalInt.of(limit),
            body.get("temperature").floatValue(),
            body.get("top_k").asInt(),
            body.get("top_p").floatValue(),
            body.get("min_p").floatValue(),
            body.get("repeat_penalty").floatValue(),
            body.has("seed") ? OptionalInt.of(body.get("seed").asInt()) : OptionalInt.empty(),
            stop,
            false);
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      Generation done =
          session.generate(
              body.get("prompt").asString(),
              options,
              piece -> {
                try {
                  event(out, Map.of("content", piece, "stop", false));
                } catch (IOException e) {
                  session.cancel(); // the client is gone
                }
              });
      event(out, Map.of("content", "", "stop", true, "tokens_predicted", done.tokens(), "id", bos));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void event(OutputStream out, Map<String, Object> event) throws IOException {
    out.write(
        ("data: " + MAPPER.writeValueAsString(event) + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void answer(HttpExchange exchange, int status, Map<String, Object> body)
      throws IOException {
    byte[] bytes = MAPPER.writeValueAsBytes(body);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }
}
