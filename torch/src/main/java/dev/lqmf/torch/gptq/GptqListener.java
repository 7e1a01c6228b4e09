package dev.lqmf.torch.gptq;

/** Learns how a run goes on. Called on the thread that runs it. */
public interface GptqListener {
  /** Hears nothing. */
  GptqListener NONE =
      new GptqListener() {
        @Override
        public void layer(LayerReport report) {}

        @Override
        public void warning(String message) {}
      };

  /** A layer is quantized, and kept. */
  void layer(LayerReport report);

  /** Something that a user should know, one sentence that names the layer. */
  void warning(String message);
}
