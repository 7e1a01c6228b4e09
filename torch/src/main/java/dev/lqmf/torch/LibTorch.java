package dev.lqmf.torch;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Loads libtorch, and keeps the habits that all of the package shares. */
final class LibTorch {
  private static int threads;

  static {
    // Before the first class of JavaCPP is initialized. Memory is freed by scopes, so there is
    // nothing for the garbage collector to watch; and a model larger than the Java heap is no
    // reason to refuse it, as JavaCPP does by default.
    setDefault("org.bytedeco.javacpp.nopointergc", "true");
    setDefault("org.bytedeco.javacpp.maxbytes", "0");
    setDefault("org.bytedeco.javacpp.maxphysicalbytes", "0");
    setDefault("org.bytedeco.javacpp.cachedir", cache().toString());
    threads = torch.get_num_threads();
  }

  private LibTorch() {}

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Where the libraries are unpacked, once per version. */
  private static Path cache() {
    String home = System.getProperty("user.home");
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String fromEnvironment =
        System.getenv(os.contains("windows") ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
    Path base;
    if (fromEnvironment != null && !fromEnvironment.isBlank()) {
      base = Path.of(fromEnvironment);
    } else if (os.contains("windows")) {
      base = Path.of(home, "AppData", "Local");
    } else if (os.contains("mac")) {
      base = Path.of(home, "Library", "Caches");
    } else {
      base = Path.of(home, ".cache");
    }
    return base.resolve("lqmf").resolve("javacpp");
  }

  /** Loads the libraries unless they are loaded. */
  static synchronized void load() {
    // The static initializer does it.
  }

  /** Sets the number of threads that computations on the CPU use, for the whole process. */
  static synchronized void threads(int count) {
    if (count != threads) {
      torch.set_num_threads(count);
      openblas_nolapack.blas_set_num_threads(count);
      threads = count;
    }
  }

  /**
   * Runs an operation that libtorch itself spreads over threads, each of which then calls OpenBLAS.
   * OpenBLAS must not start threads of its own there: they would fight for the same cores, and
   * attention takes up to a hundred times as long.
   */
  static Tensor withoutBlasThreads(Supplier<Tensor> operation) {
    openblas_nolapack.blas_set_num_threads(1);
    try {
      return operation.get();
    } finally {
      openblas_nolapack.blas_set_num_threads(threads);
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
