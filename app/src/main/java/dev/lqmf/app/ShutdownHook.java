package dev.lqmf.app;

/** Does something if the program is ended from outside, until it is closed. */
final class ShutdownHook implements AutoCloseable {
  private final Thread thread;

  private ShutdownHook(Thread thread) {
    this.thread = thread;
  }

  static ShutdownHook of(Runnable action) {
    Thread thread = new Thread(action, "interrupt");
    Runtime.getRuntime().addShutdownHook(thread);
    return new ShutdownHook(thread);
  }

  /** The prompt runs many commands in one process, which would otherwise keep all their hooks. */
  @Override
  public void close() {
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      // It runs already.
    }
  }
}
