package dev.lqmf.torch;

import dev.lqmf.tensor.InputException;
import java.io.Serial;

/** There is no libtorch for this system among the libraries, or it cannot be loaded. */
public final class NoLibTorchException extends InputException {
  @Serial private static final long serialVersionUID = 1L;

  NoLibTorchException(Throwable cause) {
    super(
        "libtorch cannot be loaded on this system (%s, %s): %s"
            .formatted(System.getProperty("os.name"), System.getProperty("os.arch"), reason(cause)),
        "it is there for Linux, Windows and macOS on x86-64 and for macOS on ARM; quantizing to GGUF"
            + " and with bitsandbytes needs none, and llama.cpp runs GGUF files",
        cause);
  }

  /** Without the list of places where it is not. */
  private static String reason(Throwable cause) {
    return String.valueOf(cause.getMessage())
        .replaceFirst("(?s)( in java\\.library\\.path):.*", "$1");
  }
}
