package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.imatrix.ImportanceMatrix;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixModel;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixRules;
import dev.lqmf.quant.mix.TensorChoice;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufArray;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One output before it is written: types, order, metadata, files.
 *
 * @param tensors choices in file order
 * @param parts the files
 * @param imatrix the importance matrix that encoding uses
 * @param warnings sentences for people
 */
record OutputLayout(
    GgufFileType type,
    List<TensorChoice> tensors,
    List<SplitLayout.Part> parts,
    Optional<ImportanceMatrix> imatrix,
    List<String> warnings) {

  private static final String QUANTIZATION_VERSION = "general.quantization_version";
  private static final String FILE_TYPE = "general.file_type";

  /** {@code GGML_QNT_VERSION}. */
  private static final int QUANTIZATION_VERSION_VALUE = 2;

  /** What {@link #of} looks at besides the file type. */
  record Context(
      SourceModel source,
      QuantizeRequest request,
      Optional<ImportanceMatrix> imatrix,
      Kernels kernels) {}

  /**
   * Lays out one output.
   *
   * @throws InputException if the model cannot become that
   */
  static OutputLayout of(GgufFileType type, Context context) {
    SourceModel source = context.source();
    boolean plain = isPlainConversion(type, context);
    Optional<ImportanceMatrix> imatrix = plain ? Optional.empty() : context.imatrix();
    List<TensorChoice> choices =
        plain
            ? convert(type, source)
            : new MixRules(type, context.request().mix(), mixModel(source), imatrix.isPresent())
                .choose(source.tensors().tensors());
    List<String> warnings = new ArrayList<>();
    for (TensorChoice choice : choices) {
      check(choice, context, imatrix, warnings);
    }
    GgufMetadata metadata =
        plain ? source.convertedMetadata(type) : quantizedMetadata(type, source, imatrix);
    List<TensorInfo> infos =
        choices.stream()
            .map(c -> new TensorInfo(c.tensor().name(), c.type(), c.tensor().shape()))
            .toList();
    return new OutputLayout(
        type,
        choices,
        SplitLayout.of(
            source.name() + "-" + type, metadata, infos, context.request().splitMaxSize()),
        imatrix,
        List.copyOf(warnings));
  }

  /**
   * Whether an output is what llama.cpp's converter makes of a checkpoint, in its order. Everything
   * else is what {@code llama-quantize} makes of the converter's file.
   */
  private static boolean isPlainConversion(GgufFileType type, Context context) {
    MixOptions mix = context.request().mix();
    return context.source().isCheckpoint()
        && !type.isQuantized()
        && mix.outputTensorType().isEmpty()
        && mix.tokenEmbeddingType().isEmpty();
  }

  private static List<TensorChoice> convert(GgufFileType type, SourceModel source) {
    return source.tensors().tensors().stream()
        .map(
            t ->
                new TensorChoice(
                    t,
                    source.isAlwaysFloat32(t) ? TensorType.F32 : type.defaultType(),
                    Optional.empty(),
                    false))
        .toList();
  }

  private static void check(
      TensorChoice choice,
      Context context,
      Optional<ImportanceMatrix> imatrix,
      List<String> warnings) {
    TensorInfo tensor = choice.tensor();
    if (choice.needsImportance() && imatrix.isEmpty()) {
      throw new InputException(
          "Q2_K_S needs an importance matrix: without one, tensor %s would be garbage"
              .formatted(tensor.name()),
          "add --imatrix FILE, or choose Q2_K");
    }
    choice
        .instead()
        .ifPresent(
            t ->
                warnings.add(
                    "tensor %s becomes %s: its rows of %d weights do not fill %s blocks"
                        .formatted(tensor.name(), choice.type(), tensor.shape().rowLength(), t)));
    if (!choice.converts()) {
      return;
    }
    if (tensor.type().isQuantized() && !context.request().mix().allowRequantize()) {
      throw new InputException(
          "tensor %s of %s is already quantized, as %s"
              .formatted(tensor.name(), context.source().origin(), tensor.type()),
          "start from F32, F16 or BF16, or accept the loss with --allow-requantize");
    }
    if (context.kernels().find(tensor.type()).isEmpty()) {
      throw new InputException(
          "tensor %s of %s is stored as %s, which cannot be converted"
              .formatted(tensor.name(), context.source().origin(), tensor.type()),
          "start from a model that stores F32, F16 or BF16");
    }
    if (imatrix.isPresent()
        && imatrix.get().columns(tensor).isEmpty()
        && choice.needsImportance()) {
      throw new InputException(
          "the importance matrix has no values for tensor %s, which Q2_K_S needs"
              .formatted(tensor.name()),
          "use an importance matrix made with this very model, or choose Q2_K");
    }
  }

  /** As {@code llama_model_quantize_impl} does: keys that are set move to the end. */
  private static GgufMetadata quantizedMetadata(
      GgufFileType type, SourceModel source, Optional<ImportanceMatrix> imatrix) {
    GgufMetadata.Builder metadata =
        source.metadata().toBuilder()
            .putU32(QUANTIZATION_VERSION, QUANTIZATION_VERSION_VALUE)
            .putU32(FILE_TYPE, type.id())
            .remove(GgufMetadata.SPLIT_NO)
            .remove(GgufMetadata.SPLIT_COUNT)
            .remove(GgufMetadata.SPLIT_TENSORS);
    imatrix.ifPresent(i -> i.recordIn(metadata));
    return metadata.build();
  }

  private static MixModel mixModel(SourceModel source) {
    return mixModel(source.metadata(), source.architecture());
  }

  /** What decides the types of the tensors, as far as metadata says it. */
  static MixModel mixModel(GgufMetadata metadata, String architecture) {
    int heads = first(metadata, architecture + ".attention.head_count", 0);
    return new MixModel(
        architecture,
        first(metadata, architecture + ".block_count", 0),
        first(metadata, architecture + ".nextn_predict_layers", 0),
        first(metadata, architecture + ".expert_count", 0),
        heads,
        first(metadata, architecture + ".attention.head_count_kv", heads));
  }

  /** A number, or the first of an array with one for each layer. */
  private static int first(GgufMetadata metadata, String key, int otherwise) {
    return switch (metadata.get(key).orElse(null)) {
      case null -> otherwise;
      case GgufArray array -> array.size() == 0 ? otherwise : count(array.integer(0));
      case GgufValue _ -> count(metadata.integer(key).orElseThrow());
    };
  }

  private static int count(long value) {
    return (int) Math.clamp(value, 0, Integer.MAX_VALUE);
  }
}
