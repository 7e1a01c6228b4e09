package dev.lqmf.tensor.pytorch;

import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.pytorch.Pickled.Dict;
import dev.lqmf.tensor.pytorch.Pickled.ElementType;
import dev.lqmf.tensor.pytorch.Pickled.Global;
import dev.lqmf.tensor.pytorch.Pickled.Int;
import dev.lqmf.tensor.pytorch.Pickled.None;
import dev.lqmf.tensor.pytorch.Pickled.Sequence;
import dev.lqmf.tensor.pytorch.Pickled.Storage;
import dev.lqmf.tensor.pytorch.Pickled.StorageType;
import dev.lqmf.tensor.pytorch.Pickled.Tensor;
import dev.lqmf.tensor.pytorch.Pickled.Text;
import java.util.List;

/** The calls of a checkpoint's pickle, as {@code torch/_utils.py} defines them. */
final class Rebuild {
  private static final int MAX_RANK = 32;

  private final PickleInput in;

  Rebuild(PickleInput in) {
    this.in = in;
  }

  /** The result of calling a global with a tuple of arguments. */
  Pickled call(Pickled callable, Pickled argumentTuple) {
    if (!(callable instanceof Global global) || !(argumentTuple instanceof Sequence s)) {
      throw in.damaged("calls something that cannot be called");
    }
    List<Pickled> arguments = s.items;
    return switch (global) {
      case ORDERED_DICT -> orderedDict(arguments);
      case SIZE -> sequence(arguments, 0, "torch.Size");
      case REBUILD_TENSOR -> tensor(arguments, "_rebuild_tensor", 4);
      case REBUILD_TENSOR_V2 -> tensor(arguments, "_rebuild_tensor_v2", 6);
      case REBUILD_TENSOR_V3 -> typedTensor(arguments);
      case REBUILD_PARAMETER -> parameter(arguments);
    };
  }

  /**
   * A storage by its persistent id: {@code ('storage', type, key, location, elements)}, and in
   * legacy files {@code (view key, offset, elements)} or None behind that.
   */
  Storage storage(Pickled id) {
    if (id instanceof Sequence s
        && (s.items.size() == 5 || s.items.size() == 6)
        && s.items.get(0) instanceof Text kind
        && kind.value().equals("storage")
        && s.items.get(1) instanceof StorageType type
        && s.items.get(2) instanceof Text key
        && s.items.get(4) instanceof Int elements
        && elements.value() >= 0) {
      Pickled view = s.items.size() == 6 ? s.items.get(5) : None.NONE;
      if (view instanceof None) {
        return new Storage(key.value(), type.elementType(), elements.value(), 0, elements.value());
      }
      if (view instanceof Sequence v
          && v.items.size() == 3
          && v.items.get(1) instanceof Int offset
          && v.items.get(2) instanceof Int size
          && offset.value() >= 0
          && size.value() >= 0
          && offset.value() <= elements.value() - size.value()) {
        return new Storage(
            key.value(), type.elementType(), elements.value(), offset.value(), size.value());
      }
    }
    throw in.damaged("refers to a storage in an unknown way");
  }

  private Pickled orderedDict(List<Pickled> arguments) {
    if (!arguments.isEmpty()) {
      throw in.damaged("makes an OrderedDict in an unknown way");
    }
    return new Dict();
  }

  /** Arguments: storage, offset, shape, strides, and others that do not change the weights. */
  private Tensor tensor(List<Pickled> arguments, String call, int least) {
    Storage storage = storageArgument(arguments, call, least);
    return tensor(storage, storage.elementType(), arguments, call);
  }

  /** As before, then requires_grad, hooks, element type: the storage is untyped. */
  private Tensor typedTensor(List<Pickled> arguments) {
    String call = "_rebuild_tensor_v3";
    Storage storage = storageArgument(arguments, call, 7);
    if (!(arguments.get(6) instanceof ElementType type)) {
      throw in.damaged("calls " + call + " without an element type");
    }
    return tensor(storage, type.type(), arguments, call);
  }

  private Storage storageArgument(List<Pickled> arguments, String call, int least) {
    if (arguments.size() >= least && arguments.get(0) instanceof Storage storage) {
      return storage;
    }
    throw in.damaged("calls " + call + " without a storage, or with too few arguments");
  }

  private Tensor tensor(Storage storage, TensorType type, List<Pickled> arguments, String call) {
    if (!(arguments.get(1) instanceof Int offset) || offset.value() < 0) {
      throw in.damaged("calls " + call + " without an offset");
    }
    long[] shape = numbers(arguments, 2, call);
    long[] strides = numbers(arguments, 3, call);
    if (shape.length != strides.length) {
      throw in.damaged("calls " + call + " with a shape and strides of different lengths");
    }
    return new Tensor(storage, type, offset.value(), shape, strides);
  }

  private Pickled parameter(List<Pickled> arguments) {
    if (!arguments.isEmpty() && arguments.get(0) instanceof Tensor tensor) {
      return tensor;
    }
    throw in.damaged("calls _rebuild_parameter without a tensor");
  }

  private long[] numbers(List<Pickled> arguments, int index, String call) {
    List<Pickled> items = sequence(arguments, index, call).items;
    if (items.size() > MAX_RANK) {
      throw in.damaged("calls " + call + " with more than " + MAX_RANK + " dimensions");
    }
    long[] numbers = new long[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(items.get(i) instanceof Int n) || n.value() < 0) {
        throw in.damaged("calls " + call + " with a dimension or stride that is no size");
      }
      numbers[i] = n.value();
    }
    return numbers;
  }

  private Sequence sequence(List<Pickled> arguments, int index, String call) {
    if (index < arguments.size() && arguments.get(index) instanceof Sequence s) {
      return s;
    }
    throw in.damaged("calls " + call + " without a sequence");
  }
}
