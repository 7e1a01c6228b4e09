package dev.lqmf.app.prompt;

import org.jspecify.annotations.Nullable;

/**
 * What Ctrl-C does to the command that runs. To interrupt its thread is all that is needed of most;
 * but an interrupt closes the file that is being written, so a command that records how it ends
 * says what to do instead.
 */
public final class Cancellation {
  private static final ScopedValue<Cancellation> CURRENT = ScopedValue.newInstance();

  private @Nullable Runnable action;

  /**
   * Sets what to do instead of an interrupt; without effect where no prompt has begun the command.
   */
  public static void by(Runnable action) {
    if (CURRENT.isBound()) {
      CURRENT.get().set(action);
    }
  }

  /** Whether a prompt has begun the command, so that others will follow it in this process. */
  public static boolean isInPrompt() {
    return CURRENT.isBound();
  }

  private synchronized void set(Runnable instead) {
    action = instead;
  }

  /** Runs a command that this can cancel. */
  void run(Runnable command) {
    ScopedValue.where(CURRENT, this).run(command);
  }

  /** Cancels it; may be called from any thread. */
  void cancel(Thread thread) {
    Runnable instead;
    synchronized (this) {
      instead = action;
    }
    if (instead == null) {
      thread.interrupt();
    } else {
      instead.run();
    }
  }
}
