package dev.lqmf.torch.gptq;

/** Learns how a run goes on. Called on the thread that runs it, where nothing else is said. */
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

  /**
   * The run goes on. Called on any thread, every few seconds or more often; what it throws ends the
   * run, as a layer of a large model may take minutes.
   */
  default void computing() {}

  /** Something that a user should know, one sentence that names the layer. */
  void warning(String message);
}
