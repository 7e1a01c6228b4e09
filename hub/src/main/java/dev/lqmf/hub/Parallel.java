package dev.lqmf.hub;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs tasks a few at a time on virtual threads. */
final class Parallel {
  private Parallel() {}

  /**
   * The tasks' results, in the tasks' order. The first failure, or an interrupt of the caller,
   * interrupts the tasks that are still running, waits for them to end and is thrown.
   */
  static <T> List<T> run(List<Callable<T>> tasks, int atATime)
      throws IOException, InterruptedException {
    // close() waits for the threads; after shutdownNow they have been told to end.
    try (ExecutorService executor =
        Executors.newFixedThreadPool(atATime, Thread.ofVirtual().name("hub-", 0).factory())) {
      try {
        var completion = new ExecutorCompletionService<T>(executor);
        List<Future<T>> futures = new ArrayList<>();
        tasks.forEach(task -> futures.add(completion.submit(task)));
        for (int i = 0; i < futures.size(); i++) {
          completion.take().get();
        }
        List<T> results = new ArrayList<>();
        futures.forEach(future -> results.add(future.resultNow()));
        return results;
      } catch (ExecutionException failure) {
        switch (failure.getCause()) {
          case IOException e -> throw e;
          case InterruptedException e -> throw e;
          case RuntimeException e -> throw e;
          case Error e -> throw e;
          case null, default -> throw new AssertionError(failure);
        }
      } finally {
        executor.shutdownNow();
      }
    }
  }
}
