package dev.lqmf.factory.llm;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server on the loopback interface that gives prepared replies, the last one again and again. */
final class FakeProvider implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Reply> replies = new ArrayDeque<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);

  /** How a reply ends. */
  enum End {
    WHOLE,
    /** The connection is gone after what was sent. */
    DROPPED,
    /** Nothing more comes, and the connection stays. */
    STALLED
  }

  record Reply(int status, Map<String, String> headers, String body, End end) {
    static Reply of(int status, String body) {
      return new Reply(status, Map.of("Content-Type", "application/json"), body, End.WHOLE);
    }

    static Reply events(String body) {
      return new Reply(200, Map.of("Content-Type", "text/event-stream"), body, End.WHOLE);
    }

    Reply with(String header, String value) {
      return new Reply(status, Map.of(header, value), body, end);
    }

    Reply ending(End how) {
      return new Reply(status, headers, body, how);
    }
  }

  record Request(URI uri, Map<String, List<String>> headers, String body) {
    Optional<String> header(String name) {
      return headers.getOrDefault(name, List.of()).stream().findFirst();
    }
  }

  FakeProvider() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** What comes next, in this order. */
  void reply(Reply... next) {
    synchronized (replies) {
      Collections.addAll(replies, next);
    }
  }

  List<Request> requests() {
    return requests;
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    requests.add(
        new Request(
            exchange.getRequestURI(),
            exchange.getRequestHeaders(),
            new String(body, StandardCharsets.UTF_8)));
    Reply reply;
    synchronized (replies) {
      reply = replies.size() > 1 ? replies.remove() : replies.element();
    }
    reply.headers().forEach(exchange.getResponseHeaders()::set);
    byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
    // More is promised than comes, unless it all comes.
    long promised = bytes.length + (reply.end() == End.WHOLE ? 0 : 100);
    exchange.sendResponseHeaders(reply.status(), promised == 0 ? -1 : promised);
    OutputStream out = exchange.getResponseBody();
    out.write(bytes);
    out.flush();
    if (reply.end() == End.STALLED) {
      try {
        closing.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    exchange.close();
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
