package dev.lqmf.runtime.worker;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A running worker and the way to it. */
final class WorkerProcess implements AutoCloseable {
  private static final int CONNECT_MILLIS = 500;
  private static final int GREETING_MILLIS = 10_000;
  private static final int LAST_LINES = 20;
  private static final int SIGNALLED = 128;
  private static final int GRACE_SECONDS = 5;

  private final Process process;
  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final Deque<String> lastLines;

  private WorkerProcess(Process process, Socket socket, Deque<String> lastLines)
      throws IOException {
    this.process = process;
    this.socket = socket;
    this.lastLines = lastLines;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
  }

  /** Starts a worker with the class path of this program. */
  static WorkerProcess start() throws IOException {
    long greeting = new SecureRandom().nextLong();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<String> command =
          JavaCommand.of(
              Worker.class, Integer.toString(server.getLocalPort()), Long.toString(greeting));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      Deque<String> lastLines = new ArrayDeque<>();
      Thread.ofVirtual().start(() -> read(process, lastLines));
      try {
        Socket socket = accept(server, process);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(GREETING_MILLIS);
        WorkerProcess worker = new WorkerProcess(process, socket, lastLines);
        if (worker.in.readLong() != greeting) {
          worker.close();
          throw new IOException("another program answered in place of the worker");
        }
        socket.setSoTimeout(0); // loading and generating may take their time
        return worker;
      } catch (IOException e) {
        process.destroyForcibly();
        throw e;
      }
    }
  }

  private static Socket accept(ServerSocket server, Process process) throws IOException {
    server.setSoTimeout(CONNECT_MILLIS);
    while (true) {
      try {
        return server.accept();
      } catch (SocketTimeoutException e) {
        if (!process.isAlive()) {
          throw new IOException("the worker does not start: status " + process.exitValue(), e);
        }
      }
    }
  }

  private static void read(Process process, Deque<String> lines) {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        synchronized (lines) {
          if (lines.size() == LAST_LINES) {
            lines.removeFirst();
          }
          lines.addLast(line);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      // It ended.
    }
  }

  long pid() {
    return process.pid();
  }

  void send(Message message) throws IOException {
    synchronized (out) {
      Message.write(out, message);
      out.flush();
    }
  }

  /** The next message; for one thread at a time. */
  Message receive() throws IOException {
    return Message.read(in);
  }

  /** Waits for the end, and tells about it. */
  String end() {
    boolean ended = false;
    try {
      ended = process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!ended) {
      close();
      return "it does not answer";
    }
    int status = process.exitValue();
    String lines;
    synchronized (lastLines) {
      lines = lastLines.isEmpty() ? "" : "; it said: " + lastLines.getLast();
    }
    return switch (status - SIGNALLED) {
      case 9 -> "it was killed, perhaps because memory ran out";
      case 6, 11 -> "it crashed (signal %d)".formatted(status - SIGNALLED) + lines;
      default ->
          status > SIGNALLED
              ? "signal %d".formatted(status - SIGNALLED)
              : "status %d".formatted(status) + lines;
    };
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed.
    }
    // It has nothing to save, and the operating system frees its memory at once.
    process.destroyForcibly();
    try {
      process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
