package dev.lqmf.factory.llm;

import dev.lqmf.factory.llm.LlmException.Problem;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Asks again after failures that pass, and after several failures in a row not at all for a while,
 * so that a provider that is down does not hold up the user.
 */
final class ResilientModel implements LanguageModel {

  /**
   * How patient to be.
   *
   * @param attempts how often one question is sent in all, at least 1
   * @param longestWait a server that asks for more is not waited for
   * @param backoff milliseconds before the next attempt, unless the server asks for another time
   * @param failures so many failed questions in a row, and the provider is left alone
   * @param pause for how long it is left alone
   */
  record Patience(
      int attempts, Duration longestWait, IntervalFunction backoff, int failures, Duration pause) {
    static final Patience USUAL =
        new Patience(
            3,
            Duration.ofSeconds(20),
            IntervalFunction.ofExponentialRandomBackoff(500, 2, 0.5),
            2,
            Duration.ofMinutes(1));
  }

  private final LanguageModel model;
  private final String name;
  private final Patience patience;
  private final CircuitBreaker breaker;

  ResilientModel(LanguageModel model, String name, Patience patience) {
    this.model = model;
    this.name = name;
    this.patience = patience;
    this.breaker =
        CircuitBreaker.of(
            name,
            CircuitBreakerConfig.custom()
                .slidingWindowType(SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(patience.failures())
                .minimumNumberOfCalls(patience.failures())
                .failureRateThreshold(100)
                .waitDurationInOpenState(patience.pause())
                .permittedNumberOfCallsInHalfOpenState(1)
                .recordException(e -> e instanceof LlmException llm && llm.problem().down())
                .ignoreExceptions(CancellationException.class)
                .build());
  }

  @Override
  public String ask(String system, String user, String jsonSchema) throws LlmException {
    return run(() -> model.ask(system, user, jsonSchema), () -> true);
  }

  @Override
  public void stream(String system, String user, Consumer<String> pieces) throws LlmException {
    AtomicBoolean begun = new AtomicBoolean();
    run(
        () -> {
          model.stream(
              system,
              user,
              piece -> {
                begun.set(true);
                pieces.accept(piece);
              });
          return "";
        },
        () -> !begun.get());
  }

  /** Whether what was begun can be begun again. */
  @FunctionalInterface
  private interface Repeatable {
    boolean test();
  }

  private String run(Callable<String> question, Repeatable repeatable) throws LlmException {
    Retry retry =
        Retry.of(
            name,
            RetryConfig.<String>custom()
                .maxAttempts(patience.attempts())
                .retryOnException(
                    e ->
                        e instanceof LlmException llm
                            && llm.problem().passes()
                            && repeatable.test())
                .intervalBiFunction((failed, outcome) -> interval(failed, outcome.getLeft()))
                .build());
    try {
      return breaker.executeCallable(() -> retry.executeCallable(question));
    } catch (CallNotPermittedException e) {
      throw new LlmException(
          Problem.PAUSED,
          name + " failed several times and is left alone for a while",
          "try again in a minute, or lqmf llm switch NAME");
    } catch (LlmException e) {
      // Interrupted between two attempts, Resilience4j throws the failure before them.
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("cancelled");
      }
      throw e;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Milliseconds to wait; negative for not to try again. */
  private long interval(int failed, Throwable failure) {
    if (failure instanceof LlmException llm && llm.retryAfter().isPresent()) {
      Duration asked = llm.retryAfter().get();
      return asked.compareTo(patience.longestWait()) > 0 ? -1 : asked.toMillis();
    }
    return patience.backoff().apply(failed);
  }
}
