package dev.lqmf.runtime.worker;

import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.Session;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** A model that another process has loaded. */
public final class WorkerSession implements Session {
  private final WorkerProcess worker;
  private final String runtime;
  private final Path model;
  private final boolean chatTemplate;
  private final int contextLength;
  private final Object generating = new Object();
  private volatile boolean cancelled;
  private volatile boolean closed;

  private WorkerSession(WorkerProcess worker, String runtime, Path model, Message.Opened opened) {
    this.worker = worker;
    this.runtime = runtime;
    this.model = model;
    this.chatTemplate = opened.chatTemplate();
    this.contextLength = opened.contextLength();
  }

  static WorkerSession open(String runtime, Path model, SessionOptions options) throws IOException {
    WorkerProcess worker = WorkerProcess.start();
    try {
      worker.send(new Message.Open(runtime, model.toString(), options));
      Message answer = worker.receive();
      if (answer instanceof Message.Opened opened) {
        return new WorkerSession(worker, runtime, model, opened);
      }
      throw failure(answer);
    } catch (IOException e) {
      throw died(worker, model, e);
    } catch (RuntimeException e) {
      worker.close();
      throw e;
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

  /** Name of the runtime that runs the model there. */
  public String runtime() {
    return runtime;
  }

  /** The process, which tests and measurements look at. */
  public long pid() {
    return worker.pid();
  }

  /** The process' largest resident memory so far, in bytes; Linux alone tells it. */
  public OptionalLong peakBytes() throws IOException {
    Path status = Path.of("/proc", Long.toString(pid()), "status");
    if (!Files.isReadable(status)) {
      return OptionalLong.empty();
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst();
  }

  @Override
  public Generation generate(String prompt, GenerationOptions options, Consumer<String> sink) {
    synchronized (generating) {
      if (closed) {
        throw new IllegalStateException("the session is closed");
      }
      cancelled = false;
      try {
        worker.send(new Message.Generate(prompt, options));
        while (true) {
          switch (worker.receive()) {
            case Message.Piece piece -> {
              if (!cancelled) { // else it was on its way
                sink.accept(piece.text());
              }
            }
            case Message.Done done -> {
              return done.generation();
            }
            case Message other -> throw failure(other);
          }
        }
      } catch (IOException e) {
        if (closed) {
          throw new IllegalStateException("the session was closed meanwhile", e);
        }
        throw died(worker, model, e);
      }
    }
  }

  private static RuntimeException failure(Message message) {
    if (message instanceof Message.Failed failed) {
      return failed.input()
          ? new InputException(failed.problem(), failed.mend())
          : new IllegalStateException(failed.problem());
    }
    return new IllegalStateException("the worker said " + message);
  }

  private static InputException died(WorkerProcess worker, Path model, IOException cause) {
    String end = worker.end();
    return new InputException(
        "the process that ran %s ended: %s".formatted(model, end),
        "free memory or use a smaller model; if it happens again, try another runtime",
        cause);
  }

  @Override
  public void cancel() {
    cancelled = true;
    if (!closed) {
      try {
        worker.send(new Message.Cancel());
      } catch (IOException e) {
        // It is gone; whoever waits for it will be told.
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    worker.close();
  }
}
