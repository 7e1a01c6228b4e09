package dev.lqmf.tensor.pytorch;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.file.ReadableFile;
import dev.lqmf.tensor.pytorch.Pickled.Dict;
import dev.lqmf.tensor.pytorch.Pickled.Storage;
import dev.lqmf.tensor.pytorch.Pickled.Tensor;
import dev.lqmf.tensor.pytorch.Pickled.Text;
import dev.lqmf.tensor.pytorch.StoredZip.Range;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Finds the tensors in an unpickled object, and their places in the file. */
final class StateDict {
  /** Under these names a training program keeps the model's tensors beside other things. */
  private static final List<String> NESTED = List.of("state_dict", "model");

  private StateDict() {}

  /** Where the bytes of a storage lie. */
  @FunctionalInterface
  interface Storages {
    Range find(Storage storage) throws IOException;
  }

  static List<StridedTensor> tensors(ReadableFile file, Pickled root, Storages storages)
      throws IOException {
    List<StridedTensor> tensors = new ArrayList<>();
    for (Map.Entry<Pickled, Pickled> entry : find(file, root).entries.entrySet()) {
      if (entry.getValue() instanceof Tensor tensor) {
        if (!(entry.getKey() instanceof Text name)) {
          throw PytorchFile.damaged(file.path(), "has a tensor whose name is no text");
        }
        tensors.add(place(file, name.value(), tensor, storages.find(tensor.storage())));
      }
    }
    return tensors;
  }

  private static Dict find(ReadableFile file, Pickled root) {
    if (!(root instanceof Dict top)) {
      throw unusable(file, "is not a dictionary of tensors");
    }
    List<String> nested =
        NESTED.stream()
            .filter(n -> top.entries.get(new Text(n)) instanceof Dict d && holdsTensors(d))
            .toList();
    boolean flat = holdsTensors(top);
    if ((flat ? 1 : 0) + nested.size() > 1) {
      throw unusable(
          file,
          "holds several dictionaries of tensors: "
              + String.join(", ", nested)
              + (flat ? " and itself" : ""));
    }
    if (flat) {
      return top;
    }
    if (!nested.isEmpty() && top.entries.get(new Text(nested.getFirst())) instanceof Dict d) {
      return d;
    }
    throw unusable(file, "holds no tensors");
  }

  private static boolean holdsTensors(Dict dict) {
    return dict.entries.values().stream().anyMatch(v -> v instanceof Tensor);
  }

  private static InputException unusable(ReadableFile file, String problem) {
    return new InputException(
        file.path() + " " + problem,
        "save only the state_dict of the model: torch.save(model.state_dict(), file)");
  }

  /** Every element must lie in the storage, and the storage in the file. */
  private static StridedTensor place(ReadableFile file, String name, Tensor tensor, Range storage) {
    String what = "tensor " + quote(name);
    TensorType type = tensor.type();
    Storage of = tensor.storage();
    try {
      Shape shape = Shape.of(tensor.shape());
      var info = new TensorInfo(name, type, shape);
      int storageElementBytes = of.elementType().blockBytes();
      long available = Math.multiplyExact(of.viewElements(), (long) storageElementBytes);
      long begin = Math.multiplyExact(tensor.offset(), (long) type.blockBytes());
      long needed = shape.elements() == 0 ? 0 : Math.addExact(begin, extent(tensor, type));
      long viewBegin = Math.multiplyExact(of.viewOffset(), (long) storageElementBytes);
      if (needed > available || Math.addExact(viewBegin, needed) > storage.length()) {
        throw PytorchFile.damaged(
            file.path(),
            "%s of shape %s reaches to byte %d of its storage, which has %d"
                .formatted(
                    what,
                    Arrays.toString(tensor.shape()),
                    needed,
                    Math.min(available, storage.length() - viewBegin)));
      }
      Math.multiplyExact(shape.elements(), (long) type.blockBytes());
      return new StridedTensor(
          info, file, storage.position() + viewBegin + begin, tensor.strides());
    } catch (ArithmeticException e) {
      throw PytorchFile.damaged(
          file.path(),
          what + " of shape " + Arrays.toString(tensor.shape()) + " is impossibly large");
    }
  }

  /** Bytes from the first element to the end of the last. */
  private static long extent(Tensor tensor, TensorType type) {
    long last = 0;
    for (int i = 0; i < tensor.shape().length; i++) {
      last = Math.addExact(last, Math.multiplyExact(tensor.shape()[i] - 1, tensor.strides()[i]));
    }
    return Math.multiplyExact(Math.addExact(last, 1), (long) type.blockBytes());
  }
}
