package dev.lqmf.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** A hub on loopback with the example model as {@code org/gated}, which only one token opens. */
final class LoopbackHub implements AutoCloseable {
  static final String TOKEN = "hf_AbCdEfGhIjKlMnOp";
  static final String MODEL = "org/gated";
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final List<Path> files;

  LoopbackHub() throws IOException {
    try (Stream<Path> example = Files.list(Program.EXAMPLE)) {
      files = example.filter(Files::isRegularFile).toList();
    }
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      boolean known = ("Bearer " + TOKEN).equals(authorization);
      String path = exchange.getRequestURI().getPath();
      String resolve = "/" + MODEL + "/resolve/" + COMMIT + "/";
      if (path.equals("/api/whoami-v2")) {
        if (known) {
          send(
              exchange,
              """
              {"type":"user","name":"ada","isPro":false,"orgs":[{"name":"engines"}],
               "auth":{"accessToken":{"displayName":"laptop","role":"read"}}}
              """
                  .getBytes(StandardCharsets.UTF_8));
        } else {
          exchange.sendResponseHeaders(401, -1);
        }
      } else if (path.equals("/api/models")) {
        boolean found = MODEL.contains(query(exchange, "search"));
        String ids = found ? "{\"id\":\"" + MODEL + "\"}" : "";
        send(exchange, ("[" + ids + "]").getBytes(StandardCharsets.UTF_8));
      } else if (path.equals("/api/models/" + MODEL + "/revision/main")) {
        send(exchange, info().getBytes(StandardCharsets.UTF_8));
      } else if (path.startsWith(resolve) && !known) {
        exchange.getResponseHeaders().set("X-Error-Code", "GatedRepo");
        exchange.sendResponseHeaders(401, -1);
      } else if (path.startsWith(resolve)) {
        byte[] content =
            Files.readAllBytes(Program.EXAMPLE.resolve(path.substring(resolve.length())));
        exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
        exchange.getResponseHeaders().set("ETag", "\"" + sha256(content) + "\"");
        send(exchange, content);
      } else {
        exchange.sendResponseHeaders(404, -1);
      }
    }
  }

  private static String query(HttpExchange exchange, String name) {
    return Stream.of(exchange.getRequestURI().getQuery().split("&"))
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> pair.substring(name.length() + 1))
        .findFirst()
        .orElse("");
  }

  private static void send(HttpExchange exchange, byte[] content) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content);
    }
  }

  private String info() {
    return "{\"sha\":\"%s\",\"gated\":\"auto\",\"siblings\":[%s]}"
        .formatted(
            COMMIT,
            String.join(
                ",",
                files.stream().map(f -> "{\"rfilename\":\"" + f.getFileName() + "\"}").toList()));
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
