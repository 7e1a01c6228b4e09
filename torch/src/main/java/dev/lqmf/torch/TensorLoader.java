package dev.lqmf.torch;

import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Reads weights into tensors of one precision on one device. */
final class TensorLoader {
  private final ModuleWeights weights;
  private final Device device;
  private final Precision precision;
  private final boolean packs;

  /**
   * A loader.
   *
   * @param device belongs to the caller and outlives the loader
   * @param packs whether layers may have their weights packed
   */
  TensorLoader(ModuleWeights weights, Device device, Precision precision, boolean packs) {
    this.weights = weights;
    this.device = device;
    this.precision = precision;
    this.packs = packs;
  }

  /** Whether layers may have their weights packed. */
  boolean packs() {
    return packs;
  }

  /** One that gives plain numbers. */
  TensorLoader unpacking() {
    return new TensorLoader(weights, device, precision, false);
  }

  /**
   * The matrices of some layers, to be packed.
   *
   * @return one for each layer; empty if one of them cannot be, or is not to be
   * @throws InputException if one is missing or of another shape
   */
  List<PackedWeights> packed(List<Linear> layers) {
    List<PackedWeights> found = new ArrayList<>();
    for (Linear layer : layers) {
      packed(layer.weight(), layer).ifPresent(found::add);
    }
    return found.size() == layers.size() ? found : List.of();
  }

  /** The matrix of a layer that is stored under some name, if it is to be packed. */
  Optional<PackedWeights> packed(String name, Linear layer) {
    if (!packs) {
      return Optional.empty();
    }
    Weights found =
        layer.transposed()
            ? find(name, layer.in(), layer.out())
            : find(name, layer.out(), layer.in());
    return found instanceof PackedWeights packed ? Optional.of(packed) : Optional.empty();
  }

  Precision precision() {
    return precision;
  }

  Device device() {
    return device;
  }

  /** Where the weights come from, for messages. */
  String origin() {
    return weights.origin();
  }

  boolean has(String name) {
    return weights.find(name).isPresent();
  }

  /**
   * The elements of a tensor, unread.
   *
   * @throws InputException if it is missing or of another shape
   */
  Weights find(String name, long... shape) {
    Weights found =
        weights
            .find(name)
            .orElseThrow(
                () ->
                    new InputException(
                        "%s has no tensor %s".formatted(weights.origin(), name),
                        "check that config.json belongs to these weights, or download them"
                            + " again"));
    Shape expected = Shape.of(shape);
    boolean same =
        found.shape().equals(expected)
            // Biases of the head have an extra dimension in some models.
            || (shape.length == 1
                && found.shape().elements() == shape[0]
                && found.shape().rowLength() == shape[0]);
    if (!same) {
      throw new InputException(
          "%s: %s is %s, but the configuration asks for %s"
              .formatted(weights.origin(), name, found.shape(), expected),
          "check that config.json belongs to these weights, or download them again");
    }
    return found;
  }

  Optional<Weights> find(String name) {
    return weights.find(name);
  }

  /**
   * A whole tensor; belongs to the enclosing scope.
   *
   * @throws InputException if it is missing or of another shape
   * @throws IOException if it cannot be read
   */
  Tensor load(String name, long... shape) throws IOException {
    return read(find(name, shape), 0, shape);
  }

  /**
   * A whole table; belongs to the enclosing scope. Beside packed layers it keeps the type that it
   * is stored in, if that is shorter.
   *
   * @throws InputException if it is missing or of another shape
   */
  Tensor table(String name, long... shape) throws IOException {
    Weights source = find(name, shape);
    return packs && Memory.isHalf(source, precision)
        ? stored(source, 0, shape)
        : read(source, 0, shape);
  }

  /**
   * Some elements; belongs to the enclosing scope.
   *
   * @param first element
   * @param shape of the result
   */
  Tensor read(Weights source, long first, long... shape) throws IOException {
    return stored(source, first, shape).to(device, precision.type());
  }

  private static Tensor stored(Weights source, long first, long... shape) throws IOException {
    Weights readable =
        switch (source.type()) {
          case F32, F16, BF16 -> source;
          default -> Float32Weights.of(source);
        };
    TensorType type = readable.type();
    ScalarType stored =
        switch (type) {
          case F16 -> ScalarType.Half;
          case BF16 -> ScalarType.BFloat16;
          default -> ScalarType.Float;
        };
    Tensor read = torch.empty(shape, new TensorOptions(stored), null);
    long bytes = read.nbytes();
    if (bytes > 0) {
      MemorySegment target = MemorySegment.ofAddress(read.data_ptr().address()).reinterpret(bytes);
      readable.read(type.byteSize(first), target);
    }
    return read;
  }
}
