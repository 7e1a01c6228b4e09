package dev.lqmf.runtime.worker;

import dev.lqmf.runtime.Runtimes;
import dev.lqmf.runtime.Session;
import dev.lqmf.tensor.InputException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The process that runs a model. Ends with its program. */
public final class Worker {
  private final DataInputStream in;
  private final DataOutputStream out;

  /** Set as soon as it is asked for, which may be before the generation begins. */
  private volatile boolean cancelled;

  private Worker(Socket socket) throws IOException {
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
  }

  /**
   * Starts.
   *
   * @param args the port of the program, and what to greet it with
   */
  public static void main(String[] args) {
    int status = 0;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]))) {
      socket.setTcpNoDelay(true);
      Worker worker = new Worker(socket);
      worker.out.writeLong(Long.parseLong(args[1]));
      worker.out.flush();
      worker.serve();
    } catch (IOException e) {
      status = 1; // the program is gone
    }
    // llama.cpp's threads would keep the process.
    System.exit(status);
  }

  private void serve() throws IOException {
    Session session = null;
    try (ExecutorService generating = Executors.newSingleThreadExecutor()) {
      while (true) {
        switch (Message.read(in)) {
          case Message.Open open -> session = open(open);
          case Message.Generate generate -> {
            Session opened = java.util.Objects.requireNonNull(session);
            cancelled = false;
            generating.execute(() -> generate(opened, generate));
          }
          case Message.Cancel _ -> {
            cancelled = true;
            java.util.Objects.requireNonNull(session).cancel();
          }
          default -> throw new IOException("not for a worker");
        }
      }
    } catch (EOFException e) {
      // The program closed the session, or ended.
    } finally {
      if (session != null) {
        session.cancel();
      }
    }
  }

  private @Nullable Session open(Message.Open open) throws IOException {
    try {
      Session session =
          Runtimes.named(open.runtime()).open(java.nio.file.Path.of(open.model()), open.options());
      send(new Message.Opened(session.hasChatTemplate(), session.contextLength()));
      return session;
    } catch (InputException e) {
      send(new Message.Failed(true, String.valueOf(e.getMessage()), e.mend()));
    } catch (IOException e) {
      send(new Message.Failed(false, String.valueOf(e.getMessage()), ""));
    } catch (OutOfMemoryError e) {
      send(new Message.Failed(true, "memory ran out", "free memory, or use a smaller model"));
    }
    return null;
  }

  private void generate(Session session, Message.Generate generate) {
    try {
      Message last;
      try {
        last =
            new Message.Done(
                session.generate(
                    generate.prompt(), generate.options(), piece -> sendPiece(session, piece)));
      } catch (InputException e) {
        last = new Message.Failed(true, String.valueOf(e.getMessage()), e.mend());
      } catch (RuntimeException e) {
        last = new Message.Failed(false, e.toString(), "");
      }
      send(last);
    } catch (IOException e) {
      session.cancel(); // nobody listens any more
    }
  }

  private void sendPiece(Session session, String piece) {
    if (cancelled) {
      session.cancel();
      return;
    }
    try {
      send(new Message.Piece(piece));
    } catch (IOException e) {
      session.cancel();
    }
  }

  private synchronized void send(Message message) throws IOException {
    Message.write(out, message);
    out.flush();
  }
}
