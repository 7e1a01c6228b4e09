package dev.lqmf.quant;

import java.util.logging.Level;
import java.util.logging.Logger;

/** Chooses the kernels once, and says why. */
public final class KernelsProvider {
  private static final Logger LOG = Logger.getLogger(KernelsProvider.class.getName());

  /**
   * Where both kinds of kernels take about as long, their start included (docs/measurements.md).
   */
  private static final long WORTH_WARMING_UP = 15_000_000;

  private KernelsProvider() {}

  private static final class Holder {
    static final Kernels BEST = choose();
  }

  /** The fastest kernels this JVM can run; the same instance on every call. */
  public static Kernels best() {
    return Holder.BEST;
  }

  /** Whether this JVM has the Vector API. */
  static boolean hasVectors() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static Kernels choose() {
    if (!hasVectors()) {
      LOG.log(
          Level.WARNING,
          "scalar kernels: the Vector API is not in this JVM; start it with"
              + " --add-modules jdk.incubator.vector to encode several times faster");
      return new ScalarKernels();
    }
    Kernels vector = new VectorKernels(WORTH_WARMING_UP);
    LOG.log(Level.FINE, () -> "kernels: " + vector.name());
    return vector;
  }
}
