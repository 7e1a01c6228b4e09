package dev.lqmf.runtime.server;

import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.tensor.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A running {@code llama-server} with its model loaded. */
final class ServerProcess implements AutoCloseable {
  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final int OK = 200;
  private static final int LAST_LINES = 40;
  private static final int GRACE_SECONDS = 5;

  /** More layers than any model has: all that fit go to the GPU, if there is one. */
  private static final String ALL_LAYERS = "999";

  /** What llama.cpp's reason comes after. */
  private static final String MARK = "error loading model: ";

  private final Process process;
  private final Thread atExit;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(REQUEST).build();
  private final URI address;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final boolean verbose;

  private ServerProcess(Process process, int port, boolean verbose) {
    this.process = process;
    this.address =
        URI.create("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port);
    this.verbose = verbose;
    this.atExit = new Thread(process::destroyForcibly);
    Thread.ofVirtual().start(this::readLog);
    java.lang.Runtime.getRuntime().addShutdownHook(atExit);
  }

  /**
   * Starts the server and waits until the model is loaded.
   *
   * @throws InputException if it ends instead; the message has its own reason
   */
  static ServerProcess start(Path program, Path model, SessionOptions options) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(List.of("--model", model.toString()));
    command.addAll(List.of("--host", InetAddress.getLoopbackAddress().getHostAddress()));
    command.addAll(List.of("--port", Integer.toString(port)));
    command.addAll(List.of("--parallel", "1", "--jinja", "--gpu-layers", ALL_LAYERS));
    command.addAll(
        List.of(
            "--ctx-size",
            Integer.toString(options.contextLength().orElse(SessionOptions.DEFAULT_MAX_CONTEXT))));
    options.threads().ifPresent(n -> command.addAll(List.of("--threads", Integer.toString(n))));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    ServerProcess server = new ServerProcess(process, port, options.verbose());
    try {
      server.awaitReady(model);
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void awaitReady(Path model) throws IOException {
    HttpRequest health = HttpRequest.newBuilder(uri("/health")).timeout(REQUEST).build();
    while (true) {
      if (!process.isAlive()) {
        throw new InputException(
            "llama-server cannot load %s: %s".formatted(model, reason()),
            "check the file with 'lqmf verify', and that there is memory for it");
      }
      try {
        if (client.send(health, HttpResponse.BodyHandlers.discarding()).statusCode() == OK) {
          return;
        }
      } catch (IOException e) {
        // Not listening yet.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while llama-server loads " + model, e);
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while llama-server loads " + model, e);
      }
    }
  }

  private void readLog() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (verbose) {
          System.Logger log = System.getLogger(LlamaServerRuntime.class.getName());
          log.log(System.Logger.Level.INFO, line);
        }
        synchronized (lastLines) {
          if (lastLines.size() == LAST_LINES) {
            lastLines.removeFirst();
          }
          lastLines.addLast(line);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      // It ended.
    }
  }

  /** The first line of the log's end that tells of an error, else its last line. */
  String reason() {
    synchronized (lastLines) {
      String line =
          lastLines.stream()
              .filter(l -> l.contains("error"))
              .findFirst()
              .orElseGet(() -> lastLines.isEmpty() ? "it gives no reason" : lastLines.getLast());
      int mark = line.indexOf(MARK);
      return line.substring(mark < 0 ? 0 : mark + MARK.length()).strip();
    }
  }

  long pid() {
    return process.pid();
  }

  HttpClient client() {
    return client;
  }

  URI uri(String path) {
    return address.resolve(path);
  }

  @Override
  public void close() {
    try {
      var _ = java.lang.Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The program is ending.
    }
    process.destroy();
    try {
      if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
