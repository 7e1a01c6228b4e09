package dev.lqmf.tensor.pytorch;

import dev.lqmf.tensor.TensorType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An object of a pickle. Containers are compared by identity and never walked into further than a
 * reader asks: a pickle can nest an object in itself.
 */
sealed interface Pickled {
  /** {@code None}. */
  enum None implements Pickled {
    NONE
  }

  record Text(String value) implements Pickled {}

  record Bool(boolean value) implements Pickled {}

  record Int(long value) implements Pickled {}

  /** An integer beyond 64 bits. */
  record BigInt(BigInteger value) implements Pickled {}

  /** A float or bytes: nothing that a tensor is rebuilt from. */
  record Opaque(String kind) implements Pickled {}

  /** A list or a tuple. */
  final class Sequence implements Pickled {
    final List<Pickled> items;
    private final boolean list;

    /** An empty list. */
    Sequence() {
      this.items = new ArrayList<>();
      this.list = true;
    }

    /** A tuple. */
    Sequence(List<Pickled> items) {
      this.items = List.copyOf(items);
      this.list = false;
    }

    boolean isList() {
      return list;
    }
  }

  /** A {@code dict} or {@code OrderedDict}; only texts and whole numbers can be keys. */
  final class Dict implements Pickled {
    final Map<Pickled, Pickled> entries = new LinkedHashMap<>();
  }

  /** A name that the pickle may use. */
  enum Global implements Pickled {
    ORDERED_DICT,
    SIZE,
    REBUILD_TENSOR,
    REBUILD_TENSOR_V2,
    REBUILD_TENSOR_V3,
    REBUILD_PARAMETER
  }

  /**
   * A storage class such as {@code torch.FloatStorage}.
   *
   * @param elementType {@code U8} for {@code UntypedStorage}, which counts in bytes
   */
  record StorageType(TensorType elementType) implements Pickled {}

  /** An element type such as {@code torch.float32}. */
  record ElementType(TensorType type) implements Pickled {}

  /**
   * The memory behind one or more tensors, stored elsewhere in the file.
   *
   * @param key names it in the file
   * @param elements of {@code elementType}
   * @param viewOffset elements of {@code elementType} to go past (legacy files: a part of another
   *     storage); otherwise 0
   * @param viewElements that this part has; otherwise {@code elements}
   */
  record Storage(
      String key, TensorType elementType, long elements, long viewOffset, long viewElements)
      implements Pickled {}

  /**
   * A tensor in a storage.
   *
   * @param offset of its first element, in elements of {@code type}
   * @param strides in elements, outermost first
   */
  record Tensor(Storage storage, TensorType type, long offset, long[] shape, long[] strides)
      implements Pickled {}
}
