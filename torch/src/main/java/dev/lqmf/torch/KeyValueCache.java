package dev.lqmf.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Keys and values of the tokens so far, layer by layer. */
final class KeyValueCache implements AutoCloseable {
  /** Tokens for which there is room at first. */
  private static final long FIRST_CAPACITY = 256;

  /** Keys and values, {@code [sequences, key heads, tokens, head size]}. */
  record Pair(Tensor keys, Tensor values) {}

  /** Room for more tokens than there are. */
  private static final class Layer {
    private @Nullable Tensor keys;
    private @Nullable Tensor values;
    private @Nullable Pair cross;
  }

  private final List<Layer> layers = new ArrayList<>();
  private int length;

  KeyValueCache(int layerCount) {
    for (int i = 0; i < layerCount; i++) {
      layers.add(new Layer());
    }
  }

  /** Tokens whose keys and values are in all layers. */
  int length() {
    return length;
  }

  /** Counts tokens that have gone through all layers. */
  void advance(int tokens) {
    length += tokens;
  }

  /**
   * Adds tokens to a layer.
   *
   * @return all of them, as views
   */
  Pair append(int layer, Tensor keys, Tensor values) {
    Layer l = layers.get(layer);
    long all = length + keys.size(2);
    l.keys = withRoom(l.keys, keys, all);
    l.values = withRoom(l.values, values, all);
    l.keys.narrow(2, length, keys.size(2)).copy_(keys);
    l.values.narrow(2, length, keys.size(2)).copy_(values);
    return new Pair(l.keys.narrow(2, 0, all), l.values.narrow(2, 0, all));
  }

  private Tensor withRoom(@Nullable Tensor now, Tensor like, long tokens) {
    if (now != null && now.size(2) >= tokens) {
      return now;
    }
    long capacity = Math.max(FIRST_CAPACITY, Math.max(tokens, 2L * length));
    Tensor grown =
        LibTorch.owned(
            () -> {
              Tensor larger =
                  torch.empty(
                      new long[] {like.size(0), like.size(1), capacity, like.size(3)},
                      like.options(),
                      null);
              if (now != null) {
                larger.narrow(2, 0, length).copy_(now.narrow(2, 0, length));
              }
              return larger;
            });
    if (now != null) {
      now.close();
    }
    return grown;
  }

  /** Keys and values of the encoder's output, if they are known already. */
  @Nullable Pair cross(int layer) {
    return layers.get(layer).cross;
  }

  /** Keeps keys and values of the encoder's output. */
  void keepCross(int layer, Pair pair) {
    try (PointerScope _ = new PointerScope()) {
      Tensor keys = pair.keys().contiguous();
      Tensor values = pair.values().contiguous();
      keys.retainReference();
      values.retainReference();
      layers.get(layer).cross = new Pair(keys, values);
    }
  }

  @Override
  public void close() {
    for (Layer l : layers) {
      if (l.keys != null) {
        l.keys.close();
      }
      if (l.values != null) {
        l.values.close();
      }
      if (l.cross != null) {
        l.cross.keys().close();
        l.cross.values().close();
      }
    }
    layers.clear();
  }
}
