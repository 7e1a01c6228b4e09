package dev.lqmf.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server on loopback that answers as huggingface.co does: small files through a relative redirect
 * and with git's hash, large ones through a redirect to a store on another host that signs its
 * addresses. Single answers can be replaced.
 */
final class FakeHub implements AutoCloseable {
  static final String REPOSITORY = "org/model";
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  static final String SIGNATURE = "signature=secret";

  /** A request that came in; {@code host} as the client addressed it. */
  record Request(
      String method,
      String host,
      String path,
      @Nullable String authorization,
      @Nullable String range,
      @Nullable String encoding) {}

  private static final class Rule {
    private final String method;
    private final String path;
    private final HttpHandler handler;
    private int left;

    Rule(String method, String path, int times, HttpHandler handler) {
      this.method = method;
      this.path = path;
      this.left = times;
      this.handler = handler;
    }
  }

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer hub;
  private final HttpServer store;
  private final Map<String, byte[]> small = new TreeMap<>();
  private final Map<String, byte[]> large = new TreeMap<>();
  private final List<Rule> rules = new ArrayList<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  FakeHub() throws IOException {
    hub = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    store = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
    for (HttpServer server : List.of(hub, store)) {
      server.createContext("/", exchange -> handle(server, exchange));
      server.setExecutor(threads);
      server.start();
    }
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  String storeHost() {
    return "localhost:" + store.getAddress().getPort();
  }

  /** A file that is kept in git. */
  FakeHub small(String file, String content) {
    small.put(file, content.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** A file that is kept in LFS. */
  FakeHub large(String file, byte[] content) {
    large.put(file, content);
    return this;
  }

  /** The file is not there any more. */
  void withdraw(String file) {
    small.remove(file);
    large.remove(file);
  }

  /** Answers the next requests whose path contains a text in another way. */
  synchronized void next(int times, String method, String path, HttpHandler handler) {
    rules.add(new Rule(method, path, times, handler));
  }

  /** The requests so far, in order of arrival. */
  List<Request> requests() {
    return requests;
  }

  /** The requests so far of a kind. */
  List<Request> requests(String method, String path) {
    return requests.stream()
        .filter(r -> r.method().equals(method) && r.path().contains(path))
        .toList();
  }

  static String gitHash(byte[] content) {
    byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
    return hash("SHA-1", head, content);
  }

  static String lfsHash(byte[] content) {
    return hash("SHA-256", content);
  }

  private static String hash(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private void handle(HttpServer server, HttpExchange exchange) throws IOException {
    try (exchange) {
      var headers = exchange.getRequestHeaders();
      String path = exchange.getRequestURI().getRawPath();
      String method = exchange.getRequestMethod();
      requests.add(
          new Request(
              method,
              headers.getFirst("Host"),
              path,
              headers.getFirst("Authorization"),
              headers.getFirst("Range"),
              headers.getFirst("Accept-Encoding")));
      Rule rule = rule(method, path);
      if (rule != null) {
        rule.handler.handle(exchange);
      } else if (server == store) {
        String file = path.substring("/blob/".length());
        boolean signed = SIGNATURE.equals(exchange.getRequestURI().getQuery());
        byte[] content = large.get(file);
        if (signed && content != null) {
          send(exchange, content);
        } else {
          refuse(exchange, 403, "", "");
        }
      } else {
        hub(exchange, path);
      }
    }
  }

  private synchronized @Nullable Rule rule(String method, String path) {
    for (Rule rule : rules) {
      if (rule.left > 0 && rule.method.equals(method) && path.contains(rule.path)) {
        rule.left--;
        return rule;
      }
    }
    return null;
  }

  private void hub(HttpExchange exchange, String path) throws IOException {
    String api = "/api/models/" + REPOSITORY + "/revision/";
    String resolve = "/" + REPOSITORY + "/resolve/" + COMMIT + "/";
    String cache = "/api/resolve-cache/models/" + REPOSITORY + "/" + COMMIT + "/";
    if (path.equals(api + "main")
        || path.equals(api + "refs%2Fpr%2F1")
        || path.equals(api + COMMIT)) {
      send(exchange, info().getBytes(StandardCharsets.UTF_8));
    } else if (path.startsWith("/api/models/" + REPOSITORY + "/")) {
      refuse(exchange, 404, "RevisionNotFound", "Invalid rev id");
    } else if (path.startsWith(resolve)) {
      resolve(exchange, path.substring(resolve.length()), cache);
    } else if (path.startsWith(cache)) {
      byte[] content = Objects.requireNonNull(small.get(path.substring(cache.length())));
      exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
      exchange.getResponseHeaders().set("ETag", "\"" + gitHash(content) + "\"");
      send(exchange, content);
    } else {
      // What the Hub says to those without a token when a repository does not exist.
      refuse(exchange, 401, "RepoNotFound", "Invalid username or password.");
    }
  }

  private void resolve(HttpExchange exchange, String file, String cache) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("X-Repo-Commit", COMMIT);
    byte[] content = large.get(file);
    if (small.containsKey(file)) {
      headers.set("Location", cache + file);
      exchange.sendResponseHeaders(307, -1);
    } else if (content != null) {
      headers.set("X-Linked-Etag", "\"" + lfsHash(content) + "\"");
      headers.set("X-Linked-Size", String.valueOf(content.length));
      headers.set("ETag", "\"not-the-one\"");
      headers.set("Location", "http://" + storeHost() + "/blob/" + file + "?" + SIGNATURE);
      exchange.sendResponseHeaders(302, -1);
    } else {
      refuse(exchange, 404, "EntryNotFound", "Entry not found");
    }
  }

  private String info() {
    return "{\"id\":\"%s\",\"sha\":\"%s\",\"private\":false,\"gated\":false,\"siblings\":[%s]}"
        .formatted(
            REPOSITORY,
            COMMIT,
            Stream.concat(small.keySet().stream(), large.keySet().stream())
                .map(f -> "{\"rfilename\":\"" + f + "\"}")
                .collect(Collectors.joining(",")));
  }

  /** Sends a content, from where the request's Range begins. */
  static void send(HttpExchange exchange, byte[] content) throws IOException {
    int from = rangeBegin(exchange);
    if (from >= content.length && from > 0) {
      exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
      exchange.sendResponseHeaders(416, -1);
      return;
    }
    begin(exchange, content, from);
    if (exchange.getRequestMethod().equals("GET")) {
      exchange.getResponseBody().write(content, from, content.length - from);
    }
  }

  /** Sends part of a content, then breaks the connection. */
  static HttpHandler dropping(byte[] content, int bytes) {
    return exchange -> {
      int from = rangeBegin(exchange);
      begin(exchange, content, from);
      OutputStream body = exchange.getResponseBody();
      body.write(content, from, bytes);
      body.flush();
    };
  }

  /** Sends a whole content, whatever range was asked for. */
  static HttpHandler ignoringRange(byte[] content) {
    return exchange -> {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content);
    };
  }

  /** Refuses with the headers by which the Hub tells its reasons. */
  static HttpHandler refusing(int status, String code, String message) {
    return exchange -> refuse(exchange, status, code, message);
  }

  /** Refuses with one header more. */
  static HttpHandler refusing(int status, Map<String, String> headers) {
    return exchange -> {
      headers.forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(status, -1);
    };
  }

  private static void refuse(HttpExchange exchange, int status, String code, String message)
      throws IOException {
    if (!code.isEmpty()) {
      exchange.getResponseHeaders().set("X-Error-Code", code);
    }
    if (!message.isEmpty()) {
      exchange.getResponseHeaders().set("X-Error-Message", message);
    }
    exchange.sendResponseHeaders(status, -1);
  }

  private static int rangeBegin(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    return range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
  }

  private static void begin(HttpExchange exchange, byte[] content, int from) throws IOException {
    int length = content.length - from;
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(length));
      exchange.sendResponseHeaders(200, -1);
    } else if (from > 0) {
      String range = "bytes " + from + "-" + (content.length - 1) + "/" + content.length;
      exchange.getResponseHeaders().set("Content-Range", range);
      exchange.sendResponseHeaders(206, length);
    } else {
      exchange.sendResponseHeaders(200, length);
    }
  }

  @Override
  public void close() {
    try {
      hub.stop(0);
      store.stop(0);
    } catch (UncheckedIOException ignored) {
      // A connection that a test broke.
    }
    threads.shutdownNow();
  }
}
