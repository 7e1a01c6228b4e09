package dev.lqmf.factory;

import dev.lqmf.model.CompatibilityReport;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixRules;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What can be made of a model, and how much memory its weights would take.
 *
 * @param name of the model
 * @param report what applies and what does not
 * @param sizes of what can be made, by method
 */
public record ModelCheck(String name, CompatibilityReport report, List<Size> sizes) {
  /** Groups of 128 weights share a scale of 16 bits and a zero point of 4. */
  private static final double GPTQ_4_BIT = 4 + (16 + 4) / 128.0;

  /**
   * Blocks of 64 weights share a scale of 8 bits, and 256 such scales one of 32 ({@code
   * bnb_4bit_use_double_quant}).
   */
  private static final double NF4 = 4 + 8 / 64.0 + 32 / (64 * 256.0);

  /** A row shares a scale, which no longer counts. */
  private static final double INT8 = 8;

  /** What is not quantized is kept in half precision. */
  private static final double HALF = 16;

  /**
   * How large the weights would be.
   *
   * @param method {@code gguf}, {@code gptq} or {@code bitsandbytes}
   * @param type as the method names it
   * @param bytes of all weights
   */
  public record Size(String method, String type, long bytes) {}

  /**
   * Looks at a model; of one on the hub, what describes it is downloaded first.
   *
   * @param input a checkpoint directory, a GGUF file or a hub id
   * @param download need not bring weights
   * @param listener is told about a download
   * @throws InputException if there is no such model
   */
  public static ModelCheck of(String input, ModelDownload download, Consumer<JobEvent> listener)
      throws IOException {
    ModelLocation location = new InputResolver(download, listener).locate(input);
    CompatibilityReport report = CompatibilityReport.of(location.path());
    List<Size> sizes = new ArrayList<>();
    report
        .converted()
        .ifPresent(
            model -> {
              for (GgufFileType type : GgufFileType.values()) {
                ggufBytes(model, type)
                    .ifPresent(bytes -> sizes.add(new Size("gguf", type.name(), bytes)));
              }
            });
    if (report.gptq().applies()) {
      sizes.add(new Size("gptq", "4 bit, group 128", bytes(report, report.linear(), GPTQ_4_BIT)));
    }
    if (report.bitsandbytes().applies()) {
      sizes.add(new Size("bitsandbytes", "int8", bytes(report, report.bitsandbytesLinear(), INT8)));
      sizes.add(new Size("bitsandbytes", "nf4", bytes(report, report.bitsandbytesLinear(), NF4)));
    }
    return new ModelCheck(location.name(), report, List.copyOf(sizes));
  }

  private static OptionalLong ggufBytes(CompatibilityReport.Converted model, GgufFileType type) {
    String architecture = model.metadata().string("general.architecture").orElse("");
    MixOptions options =
        new MixOptions(
            List.of(),
            MixOptions.NONE.outputTensorType(),
            MixOptions.NONE.tokenEmbeddingType(),
            false,
            false,
            true);
    try {
      return OptionalLong.of(
          new MixRules(type, options, OutputLayout.mixModel(model.metadata(), architecture), true)
              .choose(model.tensors()).stream()
                  .mapToLong(c -> c.type().byteSize(c.tensor().shape().elements()))
                  .sum());
    } catch (InputException e) {
      // This model has no such type; the rest of the list stands.
      return OptionalLong.empty();
    }
  }

  private static long bytes(
      CompatibilityReport report, List<TensorInfo> quantized, double bitsOfQuantized) {
    Set<TensorInfo> these = Set.copyOf(quantized);
    double bits = 0;
    for (TensorInfo tensor : report.tensors()) {
      bits += tensor.shape().elements() * (these.contains(tensor) ? bitsOfQuantized : HALF);
    }
    return (long) Math.ceil(bits / Byte.SIZE);
  }
}
