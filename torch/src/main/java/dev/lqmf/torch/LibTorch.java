package dev.lqmf.torch;

import dev.lqmf.tensor.file.CacheDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Loads libtorch, and keeps the habits that all of the package shares. */
final class LibTorch {
  private static int threads = 1;
  private static int ownThreads;
  private static int blasThreads;

  /** Threads that {@link #split} uses. */
  private static volatile int splitThreads = 1;

  private static volatile boolean continues;

  /** Why there is no library; null if there is. */
  private static final @Nullable LinkageError missing;

  static {
    // Before the first class of JavaCPP is initialized. Memory is freed by scopes, so there is
    // nothing for the garbage collector to watch; and a model larger than the Java heap is no
    // reason to refuse it, as JavaCPP does by default.
    setDefault("org.bytedeco.javacpp.nopointergc", "true");
    setDefault("org.bytedeco.javacpp.maxbytes", "0");
    setDefault("org.bytedeco.javacpp.maxphysicalbytes", "0");
    setDefault(
        "org.bytedeco.javacpp.cachedir", CacheDirectory.path().resolve("javacpp").toString());
    LinkageError failure = null;
    try {
      // Loads the library.
      ownThreads = torch.get_num_threads();
    } catch (LinkageError e) {
      failure = e;
    }
    missing = failure;
  }

  private LibTorch() {}

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * Loads the libraries unless they are loaded.
   *
   * @throws NoLibTorchException if they cannot be
   */
  static synchronized void load() {
    // The static initializer does it.
    if (missing != null) {
      throw new NoLibTorchException(missing);
    }
  }

  /** Sets how many threads work on the CPU, for the whole process. */
  static synchronized void threads(int count) {
    threads = count;
    operationThreads(1, 1);
  }

  /**
   * Sets how many threads one operation uses.
   *
   * @param own of libtorch, for all but products of float32 matrices
   * @param blas of OpenBLAS, for these
   */
  private static synchronized void operationThreads(int own, int blas) {
    if (own != ownThreads) {
      torch.set_num_threads(own);
      ownThreads = own;
    }
    if (blas != blasThreads) {
      openblas_nolapack.blas_set_num_threads(blas);
      blasThreads = blas;
    }
  }

  /**
   * Lets single operations use all threads while large matrices meet few tokens, as when a text is
   * generated. Never those of libtorch and of OpenBLAS at once: each spins while the other works,
   * and both become many times slower.
   *
   * @param blas whether products are OpenBLAS', {@link Products#byBlas}
   * @param work to be done on this thread
   */
  static <T> T withinOperations(boolean blas, boolean large, IoSupplier<T> work)
      throws IOException {
    if (large) {
      operationThreads(blas ? 1 : threads, blas ? threads : 1);
    }
    splitThreads = threads;
    continues = true;
    try {
      return work.get();
    } finally {
      continues = false;
      splitThreads = 1;
      operationThreads(1, 1);
    }
  }

  /** Whether a text is being continued, {@link #withinOperations}. */
  static boolean continues() {
    return continues;
  }

  /** Helpers of {@link #split}; they wait without work, and end with the process. */
  private static final class Helpers {
    static final ExecutorService POOL =
        Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("split-", 0).factory());
  }

  /**
   * Does parts of one operation, on all threads within {@link #withinOperations} and on the calling
   * one elsewhere. Returns when all are done.
   *
   * @param part is given 0 to {@code count - 1}, in inference mode
   */
  static void split(int count, IntConsumer part) {
    AtomicInteger next = new AtomicInteger();
    CountDownLatch unfinished = new CountDownLatch(count);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable some =
        () -> {
          for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            try {
              part.accept(i);
            } catch (RuntimeException | Error e) {
              failure.compareAndSet(null, e);
            } finally {
              unfinished.countDown();
            }
          }
        };
    for (int t = 1; t < Math.min(splitThreads, count); t++) {
      Helpers.POOL.execute(
          () -> {
            try (InferenceMode _ = new InferenceMode(true)) {
              some.run();
            }
          });
    }
    some.run();
    // For parts, not for helpers: one that a busy processor has not let begin is not needed.
    await(unfinished);
    if (failure.get() != null) {
      throw new IllegalStateException(failure.get());
    }
  }

  private static void await(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A computation that reads weights. */
  @FunctionalInterface
  interface IoSupplier<T> {
    T get() throws IOException;
  }

  /** A computation of one of several independent parts. */
  @FunctionalInterface
  interface Part {
    Tensor compute(int index) throws IOException;
  }

  /**
   * Computes independent parts on all threads, each operation on one: no thread ever waits for
   * another in the middle of an operation.
   *
   * @param part computes a tensor that belongs to its caller, under inference mode
   * @return in order; they belong to the caller
   * @throws IOException if a part throws it; the others are freed
   */
  static List<Tensor> parallel(int count, Part part) throws IOException {
    List<Tensor> results = new ArrayList<>();
    if (count == 1 || threads == 1) {
      try {
        for (int i = 0; i < count; i++) {
          results.add(compute(part, i));
        }
      } catch (IOException | RuntimeException e) {
        results.forEach(Tensor::close);
        throw e;
      }
      return results;
    }
    List<Future<Tensor>> running = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(Math.min(count, threads))) {
      for (int i = 0; i < count; i++) {
        int index = i;
        running.add(pool.submit(() -> compute(part, index)));
      }
    }
    Throwable failure = null;
    for (Future<Tensor> f : running) {
      if (f.state() == Future.State.SUCCESS) {
        results.add(f.resultNow());
      } else if (failure == null) {
        // What had not begun when this thread was interrupted never will.
        failure =
            f.state() == Future.State.FAILED
                ? f.exceptionNow()
                : new CancellationException("interrupted");
      }
    }
    if (failure != null) {
      results.forEach(Tensor::close);
      switch (failure) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException(failure);
      }
    }
    return results;
  }

  private static Tensor compute(Part part, int index) throws IOException {
    try (InferenceMode _ = new InferenceMode(true)) {
      return part.compute(index);
    }
  }

  /** Computes a tensor that belongs to the caller, who closes it; all that led to it is freed. */
  static Tensor owned(Supplier<Tensor> computation) {
    try (PointerScope _ = new PointerScope()) {
      Tensor result = computation.get();
      result.retainReference();
      return result;
    }
  }

  /** Computes a tensor that belongs to the enclosing scope; all that led to it is freed now. */
  static Tensor scoped(Supplier<Tensor> computation) {
    Tensor result = owned(computation);
    PointerScope outer = PointerScope.getInnerScope();
    if (outer != null) {
      outer.attach(result);
      result.releaseReference();
    }
    return result;
  }

  /** A number that operations need over and over; lives as long as the process. */
  static Scalar lasting(double value) {
    try (PointerScope _ = new PointerScope()) {
      Scalar scalar = new Scalar(value);
      scalar.retainReference();
      return scalar;
    }
  }

  /** Tensors one after the other along a dimension. */
  static Tensor concat(long dimension, Tensor... parts) {
    return torch.cat(new TensorVector(parts), dimension);
  }
}
