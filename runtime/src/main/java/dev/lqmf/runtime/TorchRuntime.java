package dev.lqmf.runtime;

import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.ComputeDevice;
import dev.lqmf.torch.Precision;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/**
 * LQMF's own forward pass, by libtorch: for checkpoints, quantized or not, and for GGUF files of
 * models that llama.cpp does not know. On a CPU, GPTQ and bitsandbytes weights stay packed, others
 * are unpacked; what does not fit into half of the memory is read again for every token, which is
 * slow.
 */
public final class TorchRuntime implements Runtime {
  /** Bytes of float32 weights that every GPU is taken to have room for. */
  private static final long SMALL_ON_GPU = 4L << 30;

  @Override
  public String name() {
    return "torch";
  }

  @Override
  public Session open(Path model, SessionOptions options) throws IOException {
    TorchModel.loadAhead();
    Path name = model.toAbsolutePath().normalize().getFileName();
    StoredModel stored = StoredModel.open(model, name == null ? "model" : name.toString());
    try {
      Network network = stored.network();
      if (network.decoder().isEmpty()) {
        throw new InputException(
            model + " generates no text: it has no decoder", "use a model with a decoder");
      }
      int longest =
          network
              .maxLength()
              .orElse(network.trainedLength().orElse(SessionOptions.DEFAULT_MAX_CONTEXT));
      int context =
          options.contextLength().orElse(Math.min(longest, SessionOptions.DEFAULT_MAX_CONTEXT));
      if (network.maxLength().isPresent() && context > network.maxLength().getAsInt()) {
        throw new InputException(
            "%s has positions for %d tokens, not for %d"
                .formatted(model, network.maxLength().getAsInt(), context),
            "give a shorter context length");
      }
      TextTokenizer tokenizer = stored.tokenizer().open();
      try {
        TorchModel torch = TorchModel.open(network, stored.weights(), fitting(stored, options));
        return new TorchSession(stored, torch, tokenizer, stored.chatTemplate().read(), context);
      } catch (IOException | RuntimeException e) {
        tokenizer.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  /**
   * Float32 if that fits, else bfloat16, else bfloat16 read block by block. How much memory a GPU
   * has is not asked: small models run in float32 there, others in bfloat16.
   */
  private static TorchOptions fitting(StoredModel stored, SessionOptions options) {
    TorchOptions torch = TorchOptions.DEFAULTS.on(options.device());
    if (options.threads().isPresent()) {
      torch = torch.withThreads(options.threads().getAsInt());
    }
    long wide = TorchModel.weightBytes(stored.network(), stored.weights(), torch);
    if (options.device() != ComputeDevice.CPU) {
      return wide <= SMALL_ON_GPU ? torch : torch.with(Precision.BFLOAT16);
    }
    var system =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
    long memory = system.getTotalMemorySize() / 2;
    if (wide <= memory) {
      return torch;
    }
    return torch.with(Precision.BFLOAT16).withMaxMemory(memory);
  }
}
