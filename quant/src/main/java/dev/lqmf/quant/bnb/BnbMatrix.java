package dev.lqmf.quant.bnb;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * What becomes of one matrix: the tensors of {@link BnbNames}, without the state of four bits,
 * whose length is known only when it is.
 *
 * @param source the matrix [out, in]
 * @param options how to quantize
 */
public record BnbMatrix(TensorInfo source, BnbOptions options) {
  private static final Shape SCALAR = Shape.of();

  private static final int LEVELS = 16;
  private static final int NESTED_LEVELS = 256;

  /** Number of weights. */
  long weights() {
    return source.shape().elements();
  }

  /** Number of scales: of blocks, or of rows. */
  int scales() {
    return Math.toIntExact(
        options.isFourBit()
            ? Math.ceilDiv(weights(), (long) options.blockSize())
            : source.shape().rows());
  }

  /** Whether the packed codes fill whole elements of the storage type. */
  public boolean fitsStorage() {
    return !options.isFourBit()
        || FourBitFormat.packedBytes(weights()) % options.storage().blockBytes() == 0;
  }

  /** The tensors, the codes first; {@link BnbQuantizer} counts on the order. */
  public List<TensorInfo> tensors() {
    String name = source.name();
    List<TensorInfo> tensors = new ArrayList<>();
    if (!options.isFourBit()) {
      tensors.add(new TensorInfo(name, TensorType.I8, source.shape()));
      tensors.add(vector(BnbNames.rowScales(name), TensorType.F32, scales()));
      tensors.add(new TensorInfo(BnbNames.weightFormat(name), TensorType.U8, SCALAR));
      return tensors;
    }
    long bytes = FourBitFormat.packedBytes(weights());
    tensors.add(
        new TensorInfo(
            name, options.storage(), Shape.of(bytes / options.storage().blockBytes(), 1)));
    boolean nested = options.doubleQuant();
    tensors.add(vector(BnbNames.absmax(name), nested ? TensorType.U8 : TensorType.F32, scales()));
    tensors.add(vector(BnbNames.quantMap(name), TensorType.F32, LEVELS));
    if (nested) {
      tensors.add(
          vector(BnbNames.nestedAbsmax(name), TensorType.F32, NestedScales.nestedCount(scales())));
      tensors.add(vector(BnbNames.nestedQuantMap(name), TensorType.F32, NESTED_LEVELS));
    }
    return tensors;
  }

  private static TensorInfo vector(String name, TensorType type, long length) {
    return new TensorInfo(name, type, Shape.of(length));
  }

  /** The state of four bits; with double quantization without its offset. */
  QuantState state() {
    return QuantState.of(
        options.format(), options.blockSize(), dtype(), source.shape(), options.doubleQuant());
  }

  /** The type that the weights decode to: the library has no float64, which is read as float32. */
  public TensorType dtype() {
    return source.type() == TensorType.F64 ? TensorType.F32 : source.type();
  }

  /** Name of the state's tensor. */
  public String stateName() {
    return BnbNames.quantState(source.name(), options.format());
  }

  /** The greatest length of the state. */
  public int maxStateBytes() {
    return state().maxBytes();
  }
}
