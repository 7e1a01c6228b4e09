package dev.lqmf.factory.llm;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How LangChain4j sends requests. Its own client forgets the header Retry-After and passes on what
 * servers say, which may hold the key; this one throws {@link LlmException}s, wrapped.
 */
final class LlmHttp implements HttpClient {
  private final java.net.http.HttpClient client;
  private final LlmFailures failures;
  private final Duration timeout;

  private LlmHttp(java.net.http.HttpClient client, LlmFailures failures, Duration timeout) {
    this.client = client;
    this.failures = failures;
    this.timeout = timeout;
  }

  @Override
  public SuccessfulHttpResponse execute(HttpRequest request) {
    HttpResponse<byte[]> response = send(request, BodyHandlers.ofByteArray());
    if (response.statusCode() / 100 != 2) {
      throw refusal(response, response.body());
    }
    return SuccessfulHttpResponse.builder()
        .statusCode(response.statusCode())
        .headers(response.headers().map())
        .body(response.body())
        .build();
  }

  /** Returns when the stream has ended; whoever calls has a thread for it. */
  @Override
  public void execute(
      HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
    try {
      HttpResponse<InputStream> response = send(request, BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() / 100 != 2) {
          throw refusal(response, body.readAllBytes());
        }
        listener.onOpen(
            SuccessfulHttpResponse.builder()
                .statusCode(response.statusCode())
                .headers(response.headers().map())
                .body("")
                .build());
        parser.parse(body, new BrokenOff(listener));
        listener.onClose();
      }
    } catch (IOException e) {
      listener.onError(unreachable(e));
    } catch (RuntimeException e) {
      listener.onError(e);
    }
  }

  /** The parser tells the listener of a connection that is gone. */
  private final class BrokenOff implements ServerSentEventListener {
    private final ServerSentEventListener listener;

    BrokenOff(ServerSentEventListener listener) {
      this.listener = listener;
    }

    @Override
    public void onEvent(ServerSentEvent event) {
      listener.onEvent(event);
    }

    @Override
    public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
      listener.onEvent(event, context);
    }

    @Override
    public void onError(Throwable error) {
      listener.onError(error instanceof IOException ? unreachable(error) : error);
    }
  }

  private <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler) {
    java.net.http.HttpRequest.Builder builder =
        java.net.http.HttpRequest.newBuilder(URI.create(request.url()));
    request
        .headers()
        .forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
    builder.method(
        request.method().name(),
        request.body() == null
            ? BodyPublishers.noBody()
            : BodyPublishers.ofString(request.body(), StandardCharsets.UTF_8));
    CompletableFuture<HttpResponse<T>> answer = client.sendAsync(builder.build(), handler);
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new UncheckedIOException(failures.slow(timeout));
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    } catch (ExecutionException e) {
      throw unreachable(e.getCause() == null ? e : e.getCause());
    }
  }

  private UncheckedIOException refusal(HttpResponse<?> response, byte[] body) {
    return new UncheckedIOException(
        failures.refusal(
            response.statusCode(), response.headers(), new String(body, StandardCharsets.UTF_8)));
  }

  private UncheckedIOException unreachable(Throwable e) {
    return new UncheckedIOException(
        failures.unreachable(
            e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
  }

  /** What LangChain4j wants of a builder; it sets the timeouts, and ours are kept. */
  static final class Builder implements HttpClientBuilder {
    private final LlmAccount account;
    private final LlmTimeouts timeouts;

    Builder(LlmAccount account, LlmTimeouts timeouts) {
      this.account = account;
      this.timeouts = timeouts;
    }

    @Override
    public Duration connectTimeout() {
      return timeouts.connect();
    }

    @Override
    public HttpClientBuilder connectTimeout(Duration timeout) {
      return this;
    }

    @Override
    public Duration readTimeout() {
      return timeouts.answer();
    }

    @Override
    public HttpClientBuilder readTimeout(Duration timeout) {
      return this;
    }

    @Override
    public HttpClient build() {
      // HTTP/1.1: small servers do not know how to refuse the switch to HTTP/2.
      return new LlmHttp(
          java.net.http.HttpClient.newBuilder()
              .version(Version.HTTP_1_1)
              .connectTimeout(timeouts.connect())
              .build(),
          new LlmFailures(account, InstantSource.system()),
          timeouts.answer());
    }
  }
}
