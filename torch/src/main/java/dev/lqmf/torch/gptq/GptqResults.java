package dev.lqmf.torch.gptq;

import dev.lqmf.model.network.Linear;
import dev.lqmf.quant.gptq.GptqMatrix;
import java.io.IOException;
import java.util.Optional;

/** Where quantized layers go as they come, and where those of an interrupted run are found. */
public interface GptqResults {

  /**
   * A layer that an earlier run with the same model, settings and calibration has put here.
   *
   * @throws IOException if it cannot be read
   */
  Optional<GptqMatrix> find(Linear layer) throws IOException;

  /**
   * Keeps a layer.
   *
   * @throws IOException if it cannot be written
   */
  void put(Linear layer, GptqMatrix matrix) throws IOException;
}
