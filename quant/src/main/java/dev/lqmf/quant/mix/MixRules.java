package dev.lqmf.quant.mix;

import static dev.lqmf.tensor.TensorType.F16;
import static dev.lqmf.tensor.TensorType.IQ4_NL;
import static dev.lqmf.tensor.TensorType.MXFP4;
import static dev.lqmf.tensor.TensorType.Q3_K;
import static dev.lqmf.tensor.TensorType.Q4_0;
import static dev.lqmf.tensor.TensorType.Q4_1;
import static dev.lqmf.tensor.TensorType.Q4_K;
import static dev.lqmf.tensor.TensorType.Q5_0;
import static dev.lqmf.tensor.TensorType.Q5_1;
import static dev.lqmf.tensor.TensorType.Q5_K;
import static dev.lqmf.tensor.TensorType.Q6_K;
import static dev.lqmf.tensor.TensorType.Q8_0;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Chooses a type for every tensor of a GGUF exactly as llama.cpp does ({@code
 * llama_tensor_get_type} in {@code llama-quant.cpp}).
 *
 * <p>In this order: a tensor that may not be quantized keeps its type; an explicit type for output
 * or token embeddings wins; then the first matching pattern; then the mix's rule for the tensor's
 * role; and where rows do not fill the blocks of the type so found, a type with smaller blocks
 * takes its place.
 */
public final class MixRules {
  /**
   * The order in which llama.cpp goes through a model and writes it: by layer, tensors outside of
   * layers first, then by name.
   */
  public static final Comparator<TensorInfo> ORDER =
      Comparator.<TensorInfo>comparingInt(t -> layerOf(t.name())).thenComparing(TensorInfo::name);

  private final GgufFileType fileType;
  private final MixOptions options;
  private final MixModel model;
  private final boolean imatrix;
  private final List<Pattern> patterns;

  /** The types that a mix usually has: those of a Llama of 32 layers whose queries share keys. */
  public static Set<TensorType> usualTypes(GgufFileType fileType) {
    List<TensorInfo> tensors = new ArrayList<>();
    tensors.add(usual("token_embd.weight"));
    tensors.add(usual("output.weight"));
    int layers = 32;
    for (int i = 0; i < layers; i++) {
      for (String name :
          List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")) {
        tensors.add(usual("blk." + i + "." + name + ".weight"));
      }
    }
    var rules =
        new MixRules(fileType, MixOptions.NONE, new MixModel("llama", layers, 0, 0, 32, 8), false);
    return rules.choose(tensors).stream()
        .map(TensorChoice::type)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(TensorType.class)));
  }

  private static TensorInfo usual(String name) {
    return new TensorInfo(name, F16, Shape.of(4096, 4096));
  }

  /**
   * Rules for one output.
   *
   * @param imatrix whether importance weights will be used
   */
  public MixRules(GgufFileType fileType, MixOptions options, MixModel model, boolean imatrix) {
    this.fileType = fileType;
    this.options = options;
    this.model = model;
    this.imatrix = imatrix;
    this.patterns = options.overrides().stream().map(TypeOverride::regex).toList();
  }

  /**
   * Chooses all types.
   *
   * @param tensors all tensors of the model, in any order
   * @return one choice per tensor, in {@link #ORDER}
   * @throws InputException if a tensor cannot have the type asked for
   */
  public List<TensorChoice> choose(List<TensorInfo> tensors) {
    List<TensorInfo> ordered = tensors.stream().sorted(ORDER).toList();
    Progress progress = new Progress(ordered);
    List<TensorChoice> choices = new ArrayList<>(ordered.size());
    for (TensorInfo tensor : ordered) {
      choices.add(choose(tensor, progress));
    }
    return choices;
  }

  private TensorChoice choose(TensorInfo tensor, Progress progress) {
    boolean quantizable =
        Quantizable.test(tensor.name(), tensor.shape())
            && !(options.leaveOutputTensor() && tensor.name().equals("output.weight"));
    if (!quantizable) {
      return new TensorChoice(tensor, tensor.type(), Optional.empty(), false);
    }
    TensorRole role = TensorRole.of(tensor.name());
    Optional<TensorType> explicit = explicitType(tensor.name(), role);
    TensorType wanted;
    TensorType type;
    if (explicit.isPresent()) {
      wanted = explicit.get();
      type = wanted;
      if (tensor.shape().rowLength() % type.blockElements() != 0) {
        throw new InputException(
            "rows of %d weights do not fill blocks of type %s, asked for tensor %s"
                .formatted(tensor.shape().rowLength(), type, tensor.name()),
            "ask for a type with smaller blocks, such as Q8_0 or F16");
      }
    } else if (fileType.isQuantized()) {
      wanted =
          override(tensor.name())
              .orElseGet(
                  () -> options.pure() ? fileType.defaultType() : byRole(tensor, role, progress));
      type = fitting(wanted, tensor.shape().rowLength());
    } else {
      wanted = fileType.defaultType();
      type = wanted;
    }
    boolean needsImportance =
        fileType == GgufFileType.Q2_K_S
            && type == TensorType.Q2_K
            && role != TensorRole.OUTPUT
            && role != TensorRole.TOKEN_EMBEDDING;
    return new TensorChoice(
        tensor, type, Optional.of(wanted).filter(w -> w != type), needsImportance);
  }

  /** A type that an option gives to this very tensor. */
  private Optional<TensorType> explicitType(String name, TensorRole role) {
    return switch (role) {
      // A pattern may name the per-layer embeddings: they are a large table of their own.
      case TOKEN_EMBEDDING ->
          options
              .tokenEmbeddingType()
              .filter(_ -> name.equals("token_embd.weight") || override(name).isEmpty());
      case OUTPUT -> options.outputTensorType();
      default -> Optional.empty();
    };
  }

  private Optional<TensorType> override(String name) {
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).matcher(name).find()) {
        return Optional.of(options.overrides().get(i).type());
      }
    }
    return Optional.empty();
  }

  private TensorType byRole(TensorInfo tensor, TensorRole role, Progress progress) {
    boolean output =
        role == TensorRole.OUTPUT
            || (role == TensorRole.TOKEN_EMBEDDING && progress.tiedEmbeddings);
    if (output) {
      return output(tensor.shape().rowLength());
    }
    if (fileType == GgufFileType.MXFP4_MOE) {
      return isStacked(tensor, role) ? MXFP4 : Q8_0;
    }
    return switch (role) {
      case TOKEN_EMBEDDING -> tokenEmbedding();
      case ATTENTION_K -> hasEightExperts() ? Q8_0 : standard();
      case ATTENTION_V -> attentionValue(progress.nextAttentionValue());
      case ATTENTION_OUTPUT -> attentionOutput();
      case FFN_DOWN -> ffnDown(progress.nextFfnDown(tensor.name()));
      case FFN_GATE, FFN_UP -> {
        checkExpertLayer(tensor.name());
        yield standard();
      }
      case ATTENTION_Q, OUTPUT, OTHER -> standard();
    };
  }

  private TensorType standard() {
    return fileType.defaultType();
  }

  /**
   * The last matrix, also where it doubles as the token embeddings, decides every token: 6 bits.
   */
  private TensorType output(long rowLength) {
    boolean eightBits =
        fileType == GgufFileType.MXFP4_MOE
            || standard() == Q8_0
            || model.isFalcon()
            || rowLength % standard().blockElements() != 0;
    return options.outputTensorType().orElse(eightBits ? Q8_0 : Q6_K);
  }

  private TensorType tokenEmbedding() {
    return switch (fileType) {
      case TQ1_0, TQ2_0 -> Q4_K;
      default -> standard();
    };
  }

  private TensorType attentionValue(Position at) {
    boolean grouped = model.groupedQueries() >= 4;
    TensorType type =
        switch (fileType) {
          case Q2_K -> grouped ? Q4_K : Q3_K;
          case Q2_K_S -> grouped ? Q4_K : standard();
          case Q3_K_M -> at.index < 2 ? Q5_K : Q4_K;
          case Q3_K_L -> Q5_K;
          case IQ4_NL, IQ4_XS -> grouped ? Q5_K : standard();
          case Q4_K_S -> at.index < 4 ? Q5_K : standard();
          case Q4_K_M, Q5_K_M -> at.isSensitive() ? Q6_K : standard();
          default -> standard();
        };
    if (hasEightExperts()) {
      // Small beside the experts.
      return Q8_0;
    }
    // With eight heads sharing it, the matrix is an eighth of the queries': bits are cheap here.
    return model.is70B() && (type == Q3_K || type == Q4_K) ? Q5_K : type;
  }

  private TensorType attentionOutput() {
    if (model.isFalcon()) {
      return fileType == GgufFileType.Q3_K_L ? Q4_K : standard();
    }
    if (hasEightExperts()) {
      return switch (fileType) {
        case Q2_K, Q3_K_S, Q3_K_M, Q4_K_S, Q4_K_M, IQ4_NL, IQ4_XS -> Q5_K;
        default -> standard();
      };
    }
    return switch (fileType) {
      case Q2_K -> Q3_K;
      case Q3_K_M -> Q4_K;
      case Q3_K_L -> Q5_K;
      default -> standard();
    };
  }

  private TensorType ffnDown(Position at) {
    boolean falcon = model.isFalcon();
    return switch (fileType) {
      case Q2_K -> Q3_K;
      case Q2_K_S -> at.isInFirst(8) ? Q4_K : standard();
      case Q3_K_M -> at.isInFirst(16) ? Q5_K : !falcon || at.isSensitive() ? Q4_K : Q3_K;
      case Q3_K_L -> falcon ? Q4_K : Q5_K;
      case Q4_K_S -> !falcon && at.isInFirst(8) ? Q5_K : standard();
      case Q4_K_M -> {
        TensorType better = falcon && !at.isInFirst(16) ? Q5_K : Q6_K;
        yield at.isSensitive() ? better : standard();
      }
      case Q5_K_M -> at.isSensitive() ? Q6_K : standard();
      case IQ4_NL, IQ4_XS -> !imatrix && at.isInFirst(8) ? Q5_K : standard();
      // Even importance weights do not tame the first layers.
      case Q4_0 -> imatrix && at.isInFirst(8) ? Q4_1 : standard();
      case Q5_0 -> imatrix && at.isInFirst(8) ? Q5_1 : standard();
      default -> standard();
    };
  }

  private boolean hasEightExperts() {
    return model.experts() == 8;
  }

  /** Whether this is a stack of expert matrices. Multi-head latent attention has stacks too. */
  private boolean isStacked(TensorInfo tensor, TensorRole role) {
    Shape shape = tensor.shape();
    boolean stacked = shape.rank() >= 3 && shape.dim(shape.rank() - 3) > 1;
    return stacked
        && (!model.architecture().equals("bailingmoe3")
            || role == TensorRole.FFN_UP
            || role == TensorRole.FFN_GATE
            || role == TensorRole.FFN_DOWN);
  }

  /** The type itself, or what replaces it where rows of that length do not fill its blocks. */
  private static TensorType fitting(TensorType type, long rowLength) {
    if (rowLength % type.blockElements() == 0) {
      return type;
    }
    TensorType smaller =
        switch (type) {
          case IQ4_XS -> IQ4_NL;
          case Q2_K, Q3_K, TQ1_0, TQ2_0 -> Q4_0;
          case Q4_K -> Q5_0;
          case Q5_K -> Q5_1;
          case Q6_K -> Q8_0;
          default -> type;
        };
    return rowLength % smaller.blockElements() == 0 ? smaller : F16;
  }

  private void checkExpertLayer(String name) {
    if (model.experts() > 1) {
      int layer = layerOf(name);
      if (layer < 0 || layer >= model.layers()) {
        throw new InputException(
            "tensor %s does not belong to one of the model's %d layers"
                .formatted(name, model.layers()),
            "check block_count in the model's metadata");
      }
    }
  }

  /** The N of a name that begins {@code blk.N}, or -1. */
  static int layerOf(String name) {
    if (!name.startsWith("blk.")) {
      return -1;
    }
    int end = 4;
    while (end < name.length() && isAsciiDigit(name.charAt(end))) {
      end++;
    }
    // More digits than an int holds are no layer number.
    return end == 4 || end > 13 ? -1 : Integer.parseInt(name, 4, end, 10);
  }

  private static boolean isAsciiDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /**
   * Where in its model a tensor stands.
   *
   * @param index counted from 0
   * @param count how many there are
   */
  private record Position(int index, int count) {

    boolean isInFirst(int fraction) {
      return index < count / fraction;
    }

    /** In the first or last eighth, or every third in between: where errors hurt most. */
    boolean isSensitive() {
      return index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2;
    }
  }

  /**
   * Counts tensors of a role as they come by. Tensors whose type an option decides are not counted:
   * llama.cpp never gets to its counters for them, and the types of later tensors depend on it.
   */
  private final class Progress {
    final boolean tiedEmbeddings;
    private final int attentionValues;
    private int attentionValue;
    private int ffnDown;

    Progress(List<TensorInfo> tensors) {
      this.tiedEmbeddings =
          tensors.stream().noneMatch(t -> TensorRole.of(t.name()) == TensorRole.OUTPUT);
      this.attentionValues =
          (int)
              tensors.stream()
                  .filter(t -> TensorRole.of(t.name()) == TensorRole.ATTENTION_V)
                  .count();
    }

    Position nextAttentionValue() {
      return new Position(attentionValue++, attentionValues);
    }

    Position nextFfnDown(String name) {
      checkExpertLayer(name);
      int index = ffnDown++;
      // Experts stored one by one do not come in the order of layers.
      return new Position(model.experts() > 1 ? layerOf(name) : index, model.layers());
    }
  }
}
