package dev.lqmf.torch;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Embedding;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Stack;
import dev.lqmf.quant.RowSum;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.torch.gptq.GptqCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A model that libtorch runs. Its methods are for one thread at a time; all that they return is
 * closed by the caller.
 */
public final class TorchModel implements AutoCloseable {
  /** Positions that are scored together. */
  private static final int ROWS_AT_ONCE = 64;

  private final Network network;
  private final boolean streams;
  private final Owner owner = new Owner();
  private final @Nullable StackRunner encoder;
  private final @Nullable StackRunner decoder;
  private final HeadModule head;
  private @Nullable TensorSource source;

  /**
   * Begins to load libtorch, which takes half a second, and what products for few tokens need,
   * while the caller does something else. A failure shows where the library is used.
   */
  public static void loadAhead() {
    Thread.ofPlatform()
        .daemon()
        .name("libtorch")
        .start(
            () -> {
              try {
                LibTorch.load();
                RowSum.load();
              } catch (NoLibTorchException e) {
                // Whoever needs the library is told.
              }
            });
  }

  private TorchModel(Network network, ModuleWeights weights, TorchOptions options)
      throws IOException {
    LibTorch.load();
    LibTorch.threads(options.device().threads(options.threads()));
    this.network = network;
    try (PointerScope _ = new PointerScope()) {
      Device device = owner.keep(options.device().open());
      long limit = options.maxMemory().orElse(Long.MAX_VALUE);
      boolean packs = Memory.packs(network, weights, options);
      Memory memory = Memory.of(network, weights, options.precision(), packs);
      this.streams = memory.total() > limit;
      TensorLoader loader =
          new TensorLoader(weights, device, options.precision(), packs && !streams);
      Embedding embedding = network.last().embedding();
      String headName = HeadModule.weightName(network.head(), embedding.module(), loader);
      // While blocks come and go, tables may take half of the memory that they leave.
      boolean tablesStay = !streams || memory.tables() <= (limit - 2 * memory.largestBlock()) / 2;
      Tensor tokens = tablesStay ? owner.keep(table(embedding, loader)) : null;
      Linear projection = network.head().projection();
      Tensor projected = null;
      if (tablesStay && loader.packed(headName, projection).isEmpty()) {
        projected =
            headName.equals(embedding.module() + ".weight") && tokens != null
                ? tokens
                : owner.keep(loader.table(headName, projection.out(), projection.in()));
      }
      long rowBytes = (long) projection.in() * options.precision().bytes();
      long pieceRows = Math.max(64, limit / 4 / rowBytes);
      this.head = HeadModule.load(network.head(), loader, headName, projected, pieceRows, owner);
      this.encoder = runner(network.encoder(), embedding, tokens, loader);
      this.decoder = runner(network.decoder(), embedding, tokens, loader);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static Tensor table(Embedding embedding, TensorLoader loader) throws IOException {
    return loader.table(embedding.module() + ".weight", embedding.vocabulary(), embedding.width());
  }

  private @Nullable StackRunner runner(
      Optional<Stack> stack, Embedding shared, @Nullable Tensor tokens, TensorLoader loader)
      throws IOException {
    if (stack.isEmpty()) {
      return null;
    }
    Embedding own = stack.get().embedding();
    boolean same =
        loader.find(own.module() + ".weight").equals(loader.find(shared.module() + ".weight"));
    Tensor table = tokens == null || same ? tokens : owner.keep(table(own, loader));
    return StackRunner.open(stack.get(), loader, table, streams);
  }

  /**
   * Opens a model.
   *
   * @param weights stay open as long as the model is used
   * @throws dev.lqmf.tensor.InputException if a tensor is missing or of another shape, or there is
   *     no such device
   * @throws IOException if weights cannot be read
   */
  public static TorchModel open(Network network, ModuleWeights weights, TorchOptions options)
      throws IOException {
    return new TorchModel(network, weights, options);
  }

  /**
   * Opens a model directory as the Hugging Face Hub has it, quantized with GPTQ or not.
   *
   * @throws dev.lqmf.tensor.InputException if the model is not supported, or damaged
   * @throws IOException if a file cannot be read
   */
  public static TorchModel open(Path directory, TorchOptions options) throws IOException {
    ModelFiles files = new ModelFiles(directory);
    HfConfig config = HfConfig.read(files);
    Network network = Families.network(config);
    Optional<HfConfig> gptq = GptqCheckpoint.quantization(files, config);
    TensorSource source = Checkpoints.open(directory);
    try {
      ModuleWeights weights =
          gptq.isPresent()
              ? GptqCheckpoint.of(gptq.get(), network, source)
              : CheckpointWeights.of(config, network, source);
      TorchModel model = new TorchModel(network, weights, options);
      model.source = source;
      return model;
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** Bytes that the weights of a model take in memory. */
  public static long weightBytes(Network network, ModuleWeights weights, TorchOptions options) {
    boolean packs = Memory.packs(network, weights, options);
    return Memory.of(network, weights, options.precision(), packs).total();
  }

  /** What it computes. */
  public Network network() {
    return network;
  }

  /** Whether weights are read again for every pass, since memory does not hold them all. */
  public boolean streams() {
    return streams;
  }

  /** Runs the encoder, if there is one. */
  public Optional<StackRunner> encoder() {
    return Optional.ofNullable(encoder);
  }

  /** Runs the decoder, if there is one. */
  public Optional<StackRunner> decoder() {
    return Optional.ofNullable(decoder);
  }

  /**
   * The last hidden states of a model that is only a decoder or only an encoder.
   *
   * @param ids sequences of one length
   */
  public Activations hidden(int[][] ids) throws IOException {
    return hidden(ids, new int[0][]);
  }

  /**
   * The last hidden states of a model that is only a decoder or only an encoder.
   *
   * @param ids sequences of one length
   * @param types token types, shaped like the ids; empty: all 0
   */
  public Activations hidden(int[][] ids, int[][] types) throws IOException {
    if (encoder != null && decoder != null) {
      throw new IllegalStateException(network.name() + " reads two sequences");
    }
    StackRunner only = decoder != null ? decoder : encoder;
    return java.util.Objects.requireNonNull(only).run(ids, types, null);
  }

  /**
   * The encoder's last hidden states.
   *
   * @param ids sequences of one length
   */
  public Activations encode(int[][] ids) throws IOException {
    return java.util.Objects.requireNonNull(encoder, network.name() + " has no encoder")
        .run(ids, new int[0][], null);
  }

  /**
   * The last hidden states of a decoder behind an encoder.
   *
   * @param encoded what {@link #encode} gave for as many sequences, in equally many parts
   * @param ids sequences of one length
   */
  public Activations decode(Activations encoded, int[][] ids) throws IOException {
    return java.util.Objects.requireNonNull(decoder, network.name() + " has no decoder")
        .run(ids, new int[0][], encoded);
  }

  /**
   * Scores at some positions.
   *
   * @param hidden last hidden states
   * @param first position, counted over all sequences
   * @param count positions; each takes 4 bytes per token of the vocabulary
   */
  public Logits logits(Activations hidden, int first, int count) throws IOException {
    java.util.Objects.checkFromIndexSize(first, count, hidden.rows());
    int pieces = Math.clamp(count / ROWS_AT_ONCE, 1, 64);
    List<Tensor> parts;
    if (streams) {
      // Each computation reads the weights, so there is one, cut as if there were several.
      try (InferenceMode _ = new InferenceMode(true);
          PointerScope _ = new PointerScope()) {
        Tensor scores = head.apply(hidden.rows(first, count));
        parts = new ArrayList<>();
        for (int i = 0; i < pieces; i++) {
          long from = (long) count * i / pieces;
          Tensor part = scores.narrow(0, from, (long) count * (i + 1) / pieces - from);
          part.retainReference();
          parts.add(part);
        }
      }
    } else {
      parts =
          LibTorch.parallel(
              pieces,
              i -> {
                int from = (int) ((long) count * i / pieces);
                int to = (int) ((long) count * (i + 1) / pieces);
                try (PointerScope _ = new PointerScope()) {
                  Tensor scores = head.apply(hidden.rows(first + from, to - from));
                  scores.retainReference();
                  return scores;
                }
              });
    }
    return new Logits(parts);
  }

  /**
   * The weight of the head's projection, {@code [out, in]}; a copy, which belongs to the enclosing
   * scope.
   *
   * @throws dev.lqmf.tensor.InputException if it has none of its own
   */
  public Tensor headWeight() throws IOException {
    return head.weightOfItsOwn();
  }

  /** Begins a sequence that grows token by token; for models without an encoder. */
  public DecodingSession session() {
    if (encoder != null || decoder == null) {
      throw new IllegalStateException(network.name() + " does not continue a text");
    }
    return new DecodingSession(decoder, head, null);
  }

  /**
   * Begins an answer to a sequence that the encoder reads.
   *
   * @param ids the sequence
   */
  public DecodingSession session(int[] ids) throws IOException {
    if (encoder == null || decoder == null) {
      throw new IllegalStateException(network.name() + " has no encoder before a decoder");
    }
    return new DecodingSession(decoder, head, encode(new int[][] {ids}));
  }

  @Override
  public void close() {
    if (encoder != null) {
      encoder.close();
    }
    if (decoder != null) {
      decoder.close();
    }
    owner.close();
    if (source != null) {
      try {
        source.close();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
