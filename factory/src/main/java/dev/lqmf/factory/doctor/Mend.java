package dev.lqmf.factory.doctor;

import dev.lqmf.tensor.gguf.GgufMetadata;
import java.util.function.UnaryOperator;

/** One change that a mended copy gets. */
public sealed interface Mend {

  /** A small file of a checkpoint directory gets other contents, or is added. */
  record ReplaceFile(String name, String text) implements Mend {}

  /** A safetensors file gets what Transformers wants in its metadata. */
  record SafetensorsFormat(String name) implements Mend {}

  /** The metadata of a GGUF change. */
  record GgufKeys(UnaryOperator<GgufMetadata.Builder> change) implements Mend {}
}
