package dev.lqmf.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.CacheDirectory;

/**
 * Hugging Face's library {@code tokenizers}, as DJL packs it. Only its native functions are used:
 * DJL's own classes cut texts at 512 tokens unless told otherwise, and send a note home.
 */
final class NativeTokenizers {
  static {
    // The library for CPUs comes with the jar; for a GPU, DJL would download another one.
    setDefault("RUST_FLAVOR", "cpu");
    setDefault("OPT_OUT_TRACKING", "true");
    setDefault("ENGINE_CACHE_DIR", CacheDirectory.path().resolve("djl").toString());
  }

  private NativeTokenizers() {}

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * The native functions.
   *
   * @throws InputException if there is no library for this machine
   */
  static TokenizersLibrary library() {
    try {
      LibUtils.checkStatus();
    } catch (EngineException e) {
      throw new InputException(
          "Hugging Face's tokenizers do not load on this machine: " + e.getMessage(),
          "use Linux, macOS or Windows on a processor that DJL has them for",
          e);
    }
    return TokenizersLibrary.LIB;
  }
}
