package dev.lqmf.factory.event;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes what one source publishes on to several subscribers. Each hears everything in order, on a
 * virtual thread of its own that is there while it has something to hear; a slow one delays neither
 * the source nor the others.
 *
 * <p>The caller's own listener is told first, on the thread of the source, and an exception that it
 * throws goes to the source, which it may end. A subscriber that fails is told no more, and the
 * caller learns of it; the others go on.
 */
public final class EventBus<E> {
  private final Consumer<? super E> listener;
  private final Consumer<? super RuntimeException> onFailure;
  private final List<Mailbox<E>> subscribers = new CopyOnWriteArrayList<>();

  /**
   * @param listener the caller's own
   * @param onFailure told why a subscriber is told no more
   */
  public EventBus(Consumer<? super E> listener, Consumer<? super RuntimeException> onFailure) {
    this.listener = listener;
    this.onFailure = onFailure;
  }

  /** Adds a subscriber, which is told everything from now on. */
  public EventBus<E> subscribe(Consumer<? super E> subscriber) {
    subscribers.add(new Mailbox<>(subscriber, onFailure));
    return this;
  }

  /** Tells everybody; returns when the caller's own listener has heard it. */
  public void publish(E event) {
    try {
      listener.accept(event);
    } finally {
      subscribers.forEach(subscriber -> subscriber.put(event));
    }
  }

  /** Waits until all subscribers have heard all that was published before, interrupted or not. */
  public void flush() {
    subscribers.forEach(Mailbox::awaitEmpty);
  }

  /** What a subscriber has not heard yet. */
  private static final class Mailbox<E> {
    private final Consumer<? super E> subscriber;
    private final Consumer<? super RuntimeException> onFailure;
    private final Object lock = new Object();

    /** Guarded by the lock. */
    private final Queue<E> waiting = new ArrayDeque<>();

    /** Guarded by the lock. */
    private @Nullable Thread reader;

    /** Guarded by the lock. */
    private boolean failed;

    Mailbox(Consumer<? super E> subscriber, Consumer<? super RuntimeException> onFailure) {
      this.subscriber = subscriber;
      this.onFailure = onFailure;
    }

    void put(E event) {
      synchronized (lock) {
        if (failed) {
          return;
        }
        waiting.add(event);
        if (reader == null) {
          reader = Thread.ofVirtual().name("subscriber").start(this::read);
        }
      }
    }

    private void read() {
      boolean done = false;
      try {
        for (E event = next(); event != null; event = next()) {
          try {
            subscriber.accept(event);
          } catch (RuntimeException e) {
            giveUp();
            onFailure.accept(e);
          }
        }
        done = true;
      } finally {
        if (!done) { // an Error: nobody must wait for this thread
          giveUp();
          var _ = next();
        }
      }
    }

    private void giveUp() {
      synchronized (lock) {
        failed = true;
        waiting.clear();
      }
    }

    /** The next event; none ends the reader, which the next event starts anew. */
    private @Nullable E next() {
      synchronized (lock) {
        E event = waiting.poll();
        if (event == null) {
          reader = null;
          lock.notifyAll();
        }
        return event;
      }
    }

    void awaitEmpty() {
      boolean interrupted = false;
      synchronized (lock) {
        while (reader != null) {
          try {
            lock.wait();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
