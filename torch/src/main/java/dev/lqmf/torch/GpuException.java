package dev.lqmf.torch;

import dev.lqmf.tensor.InputException;
import java.io.Serial;

/** There is no GPU that can be used. */
public final class GpuException extends InputException {
  @Serial private static final long serialVersionUID = 1L;

  GpuException(String message, String mend) {
    super(message, mend);
  }

  /**
   * Whether a failure is the GPU's: it is missing, too small, or broken, so that the processor may
   * still do the work.
   */
  public static boolean explains(Throwable failure) {
    return failure instanceof GpuException
        // JavaCPP throws no other class; libtorch's messages begin with the library that failed.
        || (failure.getClass() == RuntimeException.class
            && String.valueOf(failure.getMessage()).matches("(?s).*\\b(?:CUDA|CUBLAS|cuDNN).*"));
  }
}
