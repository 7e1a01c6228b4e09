package dev.lqmf.hub;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, taken piece by piece by one thread that gives up if the next piece does
 * not come in time. The JDK's own bodies wait for ever: a request's timeout ends with the answer's
 * head.
 */
final class BodyQueue implements BodySubscriber<BodyQueue>, AutoCloseable {
  /** Pieces (up to 16 KiB each) that may arrive before they are taken. */
  private static final int AHEAD = 16;

  private sealed interface Event {}

  private record Piece(List<ByteBuffer> buffers) implements Event {}

  private record Failure(Throwable cause) implements Event {}

  private record End() implements Event {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private Flow.@Nullable Subscription subscription;
  private boolean closed;

  @Override
  public CompletionStage<BodyQueue> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public synchronized void onSubscribe(Flow.Subscription subscription) {
    this.subscription = subscription;
    if (closed) {
      subscription.cancel();
    } else {
      subscription.request(AHEAD);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    events.add(new Piece(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    events.add(new Failure(cause));
  }

  @Override
  public void onComplete() {
    events.add(new End());
  }

  /**
   * The next bytes; an empty list at the end of the body. Not to be called again after that.
   *
   * @throws HttpTimeoutException if none come within {@code stall}
   * @throws IOException if the connection breaks
   */
  List<ByteBuffer> next(Duration stall) throws IOException, InterruptedException {
    Event event = events.poll(stall.toNanos(), TimeUnit.NANOSECONDS);
    return switch (event) {
      case null -> throw new HttpTimeoutException("no data for " + stall.toSeconds() + " s");
      case Piece piece -> {
        requestOne();
        yield piece.buffers();
      }
      case Failure failure -> throw new IOException(failure.cause().getMessage(), failure.cause());
      case End end -> List.of();
    };
  }

  private synchronized void requestOne() {
    if (subscription != null) {
      subscription.request(1);
    }
  }

  /** Drops what has not arrived yet, with its connection. */
  @Override
  public synchronized void close() {
    closed = true;
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
