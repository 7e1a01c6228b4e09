package dev.lqmf.runtime.server;

import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.Session;
import dev.lqmf.tensor.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model behind {@code llama-server}'s own API. */
final class LlamaServerSession implements Session {
  private static final JsonMapper MAPPER = JsonMapper.shared();
  private static final String EVENT = "data:";
  private static final int OK = 200;

  private final ServerProcess server;
  private final Path model;
  private final boolean chatTemplate;
  private final int contextLength;
  private final Object generating = new Object();
  private volatile @Nullable InputStream running;
  private volatile boolean cancelled;
  private volatile boolean closed;

  private LlamaServerSession(
      ServerProcess server, Path model, boolean chatTemplate, int contextLength) {
    this.server = server;
    this.model = model;
    this.chatTemplate = chatTemplate;
    this.contextLength = contextLength;
  }

  static LlamaServerSession open(ServerProcess server, Path model) throws IOException {
    HttpRequest request = HttpRequest.newBuilder(server.uri("/props")).build();
    JsonNode properties = json(send(server, request), model);
    int context = properties.path("default_generation_settings").path("n_ctx").asInt(0);
    // Without one, the server reports a template of its own.
    boolean template = hasTemplate(model);
    return new LlamaServerSession(server, model, template, context);
  }

  private static boolean hasTemplate(Path model) throws IOException {
    try (var gguf = dev.lqmf.tensor.gguf.GgufFile.open(model)) {
      return gguf.metadata().string("tokenizer.chat_template").isPresent();
    }
  }

  @Override
  public boolean hasChatTemplate() {
    return chatTemplate;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  /** The process, which tests and measurements look at. */
  long pid() {
    return server.pid();
  }

  @Override
  public Generation generate(String prompt, GenerationOptions options, Consumer<String> sink) {
    synchronized (generating) {
      if (closed) {
        throw new IllegalStateException("the session is closed");
      }
      cancelled = false;
      try {
        String text = options.chat() && chatTemplate ? templated(prompt) : prompt;
        int tokens = countTokens(text);
        if (tokens >= contextLength) {
          throw new InputException(
              "the prompt has " + tokens + " tokens, the context only " + contextLength,
              "shorten the prompt or give a longer context");
        }
        return complete(text, tokens, options, sink);
      } catch (IOException e) {
        if (closed) {
          throw new IllegalStateException("the session was closed meanwhile", e);
        }
        throw new InputException(
            "llama-server, which ran %s, is gone: %s".formatted(model, server.reason()),
            "free memory or use a smaller model",
            e);
      }
    }
  }

  private String templated(String question) throws IOException {
    Map<String, Object> body =
        Map.of("messages", List.of(Map.of("role", "user", "content", question)));
    return json(post("/apply-template", body), model).path("prompt").asString("");
  }

  private int countTokens(String text) throws IOException {
    Map<String, Object> body = Map.of("content", text, "add_special", true, "parse_special", true);
    return json(post("/tokenize", body), model).path("tokens").size();
  }

  private Generation complete(
      String text, int promptTokens, GenerationOptions options, Consumer<String> sink)
      throws IOException {
    long start = System.nanoTime();
    long first = 0;
    int tokens = 0;
    HttpRequest request = request("/completion", body(text, options));
    HttpResponse<InputStream> response = send(server, request);
    try (InputStream stream = response.body();
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      if (response.statusCode() != OK) {
        throw refused(reader.readLine());
      }
      running = stream;
      for (String line = next(reader); line != null; line = next(reader)) {
        if (!line.startsWith(EVENT)) {
          continue;
        }
        JsonNode event = MAPPER.readTree(line.substring(EVENT.length()));
        String piece = event.path("content").asString("");
        if (!piece.isEmpty()) {
          first = first == 0 ? System.nanoTime() : first;
          sink.accept(piece);
        }
        tokens++;
        if (event.path("stop").asBoolean(false)) {
          tokens = event.path("tokens_predicted").asInt(tokens - 1);
          break;
        }
        if (cancelled) {
          break;
        }
      }
    } finally {
      running = null;
    }
    long end = System.nanoTime();
    return new Generation(
        promptTokens,
        tokens,
        Duration.ofNanos((first == 0 ? end : first) - start),
        Duration.ofNanos(end - start));
  }

  /** The next line; null at the end, and after a cancellation, which closes the connection. */
  private @Nullable String next(BufferedReader reader) throws IOException {
    try {
      return reader.readLine();
    } catch (IOException e) {
      if (cancelled && !closed) {
        return null;
      }
      throw e;
    }
  }

  private static Map<String, Object> body(String text, GenerationOptions options) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("prompt", text);
    body.put("n_predict", options.maxTokens().orElse(-1));
    body.put("temperature", options.temperature());
    body.put("top_k", options.topK());
    body.put("top_p", options.topP());
    body.put("min_p", options.minP());
    body.put("repeat_penalty", options.repetitionPenalty());
    options.seed().ifPresent(seed -> body.put("seed", seed));
    body.put("stop", options.stop());
    body.put("stream", true);
    // With a prompt half in the KV cache the sums round differently.
    body.put("cache_prompt", false);
    return body;
  }

  private HttpRequest request(String path, Map<String, Object> body) {
    return HttpRequest.newBuilder(server.uri(path))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(body)))
        .build();
  }

  private HttpResponse<InputStream> post(String path, Map<String, Object> body) throws IOException {
    return send(server, request(path, body));
  }

  private static HttpResponse<InputStream> send(ServerProcess server, HttpRequest request)
      throws IOException {
    try {
      return server.client().send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static JsonNode json(HttpResponse<InputStream> response, Path model) throws IOException {
    try (InputStream body = response.body()) {
      String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
      if (response.statusCode() != OK) {
        throw refused(text);
      }
      return MAPPER.readTree(text);
    } catch (JacksonException e) {
      throw new IOException("llama-server does not answer in JSON for " + model, e);
    }
  }

  private static InputException refused(@Nullable String answer) {
    String reason = String.valueOf(answer);
    try {
      reason = MAPPER.readTree(reason).path("error").path("message").asString(reason);
    } catch (JacksonException e) {
      // Then it is said as it was.
    }
    return new InputException("llama-server refuses: " + reason, "change the request");
  }

  @Override
  public void cancel() {
    cancelled = true;
    InputStream stream = running;
    if (stream != null) {
      try {
        stream.close(); // which ends the generation at the server
      } catch (IOException e) {
        // It ends anyway.
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    server.close();
  }
}
