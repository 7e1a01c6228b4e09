package dev.lqmf.factory.event;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Passes what one source tells on to several subscribers, one after another and in order, on the
 * thread of the source: a job's events come a few times a second, and its subscribers are quick.
 *
 * <p>The caller's own listener comes first, and an exception that it throws goes to the source,
 * which it may end. A subscriber that fails is told no more, and the caller learns of it; the
 * others go on.
 */
public final class EventFanOut<E> implements Consumer<E> {
  private final Consumer<? super E> listener;
  private final Consumer<? super RuntimeException> onFailure;
  private final List<Consumer<? super E>> subscribers = new CopyOnWriteArrayList<>();

  /**
   * @param listener the caller's own
   * @param onFailure told why a subscriber is told no more
   */
  public EventFanOut(Consumer<? super E> listener, Consumer<? super RuntimeException> onFailure) {
    this.listener = listener;
    this.onFailure = onFailure;
  }

  /** Adds a subscriber, which is told everything from now on. */
  public EventFanOut<E> subscribe(Consumer<? super E> subscriber) {
    subscribers.add(subscriber);
    return this;
  }

  @Override
  public void accept(E event) {
    try {
      listener.accept(event);
    } finally {
      subscribers.forEach(subscriber -> tell(subscriber, event));
    }
  }

  private void tell(Consumer<? super E> subscriber, E event) {
    try {
      subscriber.accept(event);
    } catch (RuntimeException e) {
      subscribers.remove(subscriber);
      onFailure.accept(e);
    }
  }
}
