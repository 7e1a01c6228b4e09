package dev.lqmf.torch;

import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Stack;
import java.io.IOException;
import java.io.Serial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Runs an encoder or a decoder, all of it or block by block: {@link #embed}, for each block {@link
 * #load} and {@link #apply}, then {@link #finish}.
 */
public final class StackRunner implements AutoCloseable {
  /**
   * Tokens that go through a block together: enough to keep matrix products busy, few enough for
   * the intermediate results to stay in the cache.
   */
  private static final int TOKENS_AT_ONCE = 1024;

  /** Weights beyond which products with a single vector are worth more than one thread. */
  private static final long LARGE = 100_000_000;

  private final Stack stack;
  private final TensorLoader loader;
  private final Owner owner = new Owner();
  private final EmbeddingModule embedding;
  private final @Nullable NormModule norm;

  /** Empty if blocks are read for every pass. */
  private final List<LoadedBlock> resident = new ArrayList<>();

  private StackRunner(Stack stack, TensorLoader loader, @Nullable Tensor tokens, boolean streams)
      throws IOException {
    this.stack = stack;
    this.loader = loader;
    try {
      this.embedding =
          EmbeddingModule.load(stack.embedding(), loader, tokens, stack.width(), owner);
      this.norm =
          stack.norm().isPresent() ? NormModule.load(stack.norm().get(), loader, owner) : null;
      for (int i = 0; i < stack.blocks().size() && !streams; i++) {
        resident.add(LoadedBlock.load(stack.blocks().get(i), i, loader));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Loads what stays in memory.
   *
   * @param tokens the token embedding; null: its rows are read when they are needed
   * @param streams whether blocks are read for every pass
   */
  static StackRunner open(
      Stack stack, TensorLoader loader, @Nullable Tensor tokens, boolean streams)
      throws IOException {
    return new StackRunner(stack, loader, tokens, streams);
  }

  Precision precision() {
    return loader.precision();
  }

  /** Whether blocks are so large that more than one thread of libtorch on an operation pays. */
  boolean large() {
    long elements =
        stack.blocks().stream()
            .flatMap(b -> b.inputGroups().stream())
            .flatMap(List::stream)
            .mapToLong(Linear::elements)
            .sum();
    return elements > LARGE && !loader.packs();
  }

  /** What it runs. */
  public Stack stack() {
    return stack;
  }

  /**
   * The hidden states that the first block reads.
   *
   * @param ids sequences of one length
   */
  public Activations embed(int[][] ids) throws IOException {
    return embed(ids, new int[0][]);
  }

  /**
   * The hidden states that the first block reads.
   *
   * @param ids sequences of one length
   * @param types token types, shaped like the ids; empty: all 0
   * @throws dev.lqmf.tensor.InputException if a token or a position does not exist
   */
  public Activations embed(int[][] ids, int[][] types) throws IOException {
    int length = ids.length == 0 ? 0 : ids[0].length;
    if (length == 0 || Arrays.stream(ids).anyMatch(s -> s.length != length)) {
      throw new IllegalArgumentException("sequences must be of one length, and not empty");
    }
    int atOnce = Math.max(1, TOKENS_AT_ONCE / length);
    List<Tensor> parts = new ArrayList<>();
    try (InferenceMode _ = new InferenceMode(true)) {
      for (int s = 0; s < ids.length; s += atOnce) {
        int end = Math.min(ids.length, s + atOnce);
        try (PointerScope _ = new PointerScope()) {
          Tensor x =
              embedding.apply(
                  Arrays.copyOfRange(ids, s, end),
                  types.length == 0 ? types : Arrays.copyOfRange(types, s, end),
                  0);
          x.retainReference();
          parts.add(x);
        }
      }
    }
    return new Activations(parts, length, stack.width());
  }

  /**
   * Reads the weights of a block, unpacked.
   *
   * @return closed by the caller
   */
  public LoadedBlock load(int index) throws IOException {
    return LoadedBlock.load(stack.blocks().get(index), index, loader.unpacking());
  }

  /**
   * Applies a block to parts on several threads.
   *
   * @param states stay as they are
   * @param encoder the encoder's finished output, part by part like the states; null if there is no
   *     encoder
   * @param before called on its thread before each part; what it throws ends the call
   * @return closed by the caller
   */
  public Activations apply(
      LoadedBlock block, Activations states, @Nullable Activations encoder, Runnable before)
      throws IOException {
    try (PositionTables positions = tables(states.length())) {
      return each(
          states,
          encoder,
          (x, e) -> {
            before.run();
            return block.apply(x, pass(positions, Pass.NO_HOOK, e));
          });
    }
  }

  /**
   * Applies a block to one part after the other on the calling thread.
   *
   * @param states stay as they are
   * @param encoder the encoder's finished output, part by part like the states; null if there is no
   *     encoder
   * @param hook sees the inputs of the block's linear layers
   * @return closed by the caller
   */
  public Activations apply(
      LoadedBlock block, Activations states, @Nullable Activations encoder, InputHook hook) {
    List<Tensor> parts = new ArrayList<>();
    try (InferenceMode _ = new InferenceMode(true);
        PositionTables positions = tables(states.length())) {
      for (int i = 0; i < states.parts().size(); i++) {
        Tensor x = states.parts().get(i);
        Pass pass = pass(positions, hook, encoder == null ? null : encoder.parts().get(i));
        parts.add(LibTorch.owned(() -> block.apply(x, pass)));
      }
    }
    return new Activations(parts, states.length(), states.width());
  }

  /**
   * Shows the inputs of a block's linear layers, parts on several threads, and drops the results.
   *
   * @param states stay as they are
   * @param encoder as for {@link #apply}
   * @param observer sees every part to its end, or until it has seen enough; closed
   */
  public void observe(
      LoadedBlock block, Activations states, @Nullable Activations encoder, InputObserver observer)
      throws IOException {
    try (observer;
        PositionTables positions = tables(states.length())) {
      List<Tensor> nothing =
          LibTorch.parallel(
              states.parts().size(),
              i -> {
                InputHook hook =
                    (layers, input) -> {
                      if (!observer.input(i, layers, input)) {
                        throw EnoughException.SEEN;
                      }
                    };
                Tensor encoded = encoder == null ? null : encoder.parts().get(i);
                try (PointerScope _ = new PointerScope()) {
                  block.apply(states.parts().get(i), pass(positions, hook, encoded));
                } catch (EnoughException e) {
                  // What follows is not needed.
                }
                observer.end(i);
                return LibTorch.owned(() -> torch.empty(0));
              });
      nothing.forEach(Tensor::close);
    }
  }

  /** Ends a part early. */
  private static final class EnoughException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    static final EnoughException SEEN = new EnoughException();

    private EnoughException() {
      super(null, null, false, false);
    }
  }

  private static Pass pass(PositionTables positions, InputHook hook, @Nullable Tensor encoder) {
    return new Pass(positions, hook, null, encoder);
  }

  /** What becomes of one part. */
  @FunctionalInterface
  private interface Step {
    Tensor apply(Tensor x, @Nullable Tensor encoder);
  }

  private static Activations each(Activations states, @Nullable Activations encoder, Step step)
      throws IOException {
    List<Tensor> parts =
        LibTorch.parallel(
            states.parts().size(),
            i -> {
              Tensor x = states.parts().get(i);
              Tensor encoded = encoder == null ? null : encoder.parts().get(i);
              return LibTorch.owned(() -> step.apply(x, encoded));
            });
    return new Activations(parts, states.length(), states.width());
  }

  private PositionTables tables(int length) {
    return new PositionTables(loader.device(), loader.precision(), length, 0);
  }

  /**
   * Applies the norm after the last block.
   *
   * @param states stay as they are
   * @return closed by the caller
   */
  public Activations finish(Activations states) {
    List<Tensor> parts = new ArrayList<>();
    try (InferenceMode _ = new InferenceMode(true)) {
      for (Tensor x : states.parts()) {
        parts.add(LibTorch.owned(() -> norm == null ? x.clone(null) : norm.apply(x)));
      }
    }
    return new Activations(parts, states.length(), states.width());
  }

  /**
   * Runs all of it.
   *
   * @param encoder as for {@link #apply}
   * @return closed by the caller
   */
  Activations run(int[][] ids, int[][] types, @Nullable Activations encoder) throws IOException {
    Activations states = embed(ids, types);
    try (InferenceMode _ = new InferenceMode(true);
        PositionTables positions = tables(states.length())) {
      if (resident.isEmpty()) {
        for (int b = 0; b < stack.blocks().size(); b++) {
          try (LoadedBlock block = load(b)) {
            states = advance(states, List.of(block), positions, encoder);
          }
        }
      } else {
        // Part by part through all blocks: less memory, and warmer caches.
        states = advance(states, resident, positions, encoder);
      }
      try (Activations last = states) {
        return finish(last);
      }
    }
  }

  private static Activations advance(
      Activations states,
      List<LoadedBlock> blocks,
      PositionTables positions,
      @Nullable Activations encoder)
      throws IOException {
    try (states) {
      return each(states, encoder, (x, e) -> through(x, blocks, pass(positions, Pass.NO_HOOK, e)));
    }
  }

  private static Tensor through(Tensor x, List<LoadedBlock> blocks, Pass pass) {
    Tensor state = x;
    for (LoadedBlock block : blocks) {
      Tensor input = state;
      state = LibTorch.scoped(() -> block.apply(input, pass));
      if (input != x) {
        input.close();
      }
    }
    return state;
  }

  /**
   * Runs new tokens of one sequence with a cache, and counts them there.
   *
   * @param encoder the encoder's output; null if there is none, or the cache has seen it
   * @return {@code [1, tokens, width]}, finished; belongs to the enclosing scope
   */
  Tensor continued(int[] ids, KeyValueCache cache, @Nullable Tensor encoder) throws IOException {
    Tensor x = embedding.apply(new int[][] {ids}, new int[0][], cache.length());
    try (PositionTables positions =
        new PositionTables(loader.device(), loader.precision(), ids.length, cache.length())) {
      Pass pass = new Pass(positions, Pass.NO_HOOK, cache, encoder);
      if (resident.isEmpty()) {
        for (int b = 0; b < stack.blocks().size(); b++) {
          try (LoadedBlock block = load(b)) {
            x = through(x, List.of(block), pass);
          }
        }
      } else {
        x = through(x, resident, pass);
      }
    }
    cache.advance(ids.length);
    return norm == null ? x : norm.apply(x);
  }

  @Override
  public void close() {
    resident.forEach(LoadedBlock::close);
    resident.clear();
    owner.close();
  }
}
