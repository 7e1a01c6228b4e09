package dev.lqmf.hub;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * How often and after what wait a failure that may pass is tried again.
 *
 * @param attempts how often in all, at least 1
 * @param longestWait a server that asks for more is not waited for
 * @param backoff how long to wait before the next attempt
 * @param clock tells how far away the date in a Retry-After is
 */
public record RetryPolicy(
    int attempts, Duration longestWait, Backoff backoff, InstantSource clock) {

  /** How long to wait before the next attempt. */
  @FunctionalInterface
  public interface Backoff {
    /**
     * @param attempt how many have failed, from 1
     * @param asked what the server asks for
     */
    Duration after(int attempt, Optional<Duration> asked);
  }

  /** Something that may fail and can be done again. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws IOException, InterruptedException;
  }

  /**
   * Five attempts, after about 1, 2, 4 and 8 seconds, each up to half shorter or longer so that
   * many clients do not come back at once; or after what the server asks for, up to ten minutes.
   */
  public static RetryPolicy standard() {
    IntervalFunction growing = IntervalFunction.ofExponentialRandomBackoff(1000, 2, 0.5);
    return new RetryPolicy(
        5,
        Duration.ofMinutes(10),
        (attempt, asked) -> asked.orElseGet(() -> Duration.ofMillis(growing.apply(attempt))),
        InstantSource.system());
  }

  /**
   * The same with other patience.
   *
   * @param retries attempts after the first, at least 0
   */
  public RetryPolicy withRetries(int retries) {
    return new RetryPolicy(retries + 1, longestWait, backoff, clock);
  }

  /** The same without a second attempt. */
  RetryPolicy once() {
    return new RetryPolicy(1, longestWait, backoff, clock);
  }

  /**
   * Runs an attempt until it succeeds, fails for good or the attempts are used up.
   *
   * @throws IOException the last failure
   * @throws InterruptedException if the thread is interrupted in an attempt or between two
   */
  <T> T run(Attempt<T> attempt, DownloadListener listener)
      throws IOException, InterruptedException {
    Retry retry =
        Retry.of(
            "hub",
            RetryConfig.<T>custom()
                .maxAttempts(attempts)
                .retryOnException(TransientHubException.class::isInstance)
                .intervalBiFunction(
                    (failed, outcome) -> interval(failed, outcome.getLeft(), listener))
                .build());
    Callable<T> callable = attempt::run;
    try {
      return retry.executeCallable(callable);
    } catch (IOException failure) {
      // Interrupted between two attempts, Resilience4j throws the failure before them.
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw failure;
    } catch (InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Milliseconds to wait; negative for not to try again. */
  private long interval(int failed, Throwable failure, DownloadListener listener) {
    Optional<Duration> asked =
        failure instanceof TransientHubException t ? t.retryAfter() : Optional.empty();
    if (asked.isPresent() && asked.get().compareTo(longestWait) > 0) {
      return -1;
    }
    Duration wait = backoff.after(failed, asked);
    listener.retrying(String.valueOf(failure.getMessage()), wait);
    return wait.toMillis();
  }
}
