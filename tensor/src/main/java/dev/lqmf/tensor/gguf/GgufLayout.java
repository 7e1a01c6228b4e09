package dev.lqmf.tensor.gguf;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The header of a file to be written and the place of every tensor in it, as {@code gguf_write_out}
 * of ggml lays them out: tensors in the order given, each padded to the alignment, the last one
 * too.
 *
 * @param header all bytes before the data, padding included
 * @param offsets where each tensor begins in the file
 */
record GgufLayout(byte[] header, long[] offsets, long fileSize) {
  private static final int VERSION = 3;

  static GgufLayout of(GgufMetadata metadata, List<TensorInfo> tensors) {
    int alignment = metadata.alignment();
    var out = new GgufOutput();
    out.bytes(GgufHeader.MAGIC, 0, GgufHeader.MAGIC.length);
    out.u32(VERSION);
    out.u64(tensors.size());
    out.u64(metadata.keys().size());
    metadata
        .values()
        .forEach(
            (key, value) -> {
              out.string(key);
              out.value(value);
            });
    long[] offsets = new long[tensors.size()];
    Set<String> names = new HashSet<>();
    long next = 0;
    for (int i = 0; i < offsets.length; i++) {
      TensorInfo tensor = tensors.get(i);
      requireWritable(tensor);
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException("tensor " + quote(tensor.name()) + " occurs twice");
      }
      out.string(tensor.name());
      long[] dims = tensor.shape().toArray();
      int rank = rank(tensor.shape());
      out.u32(rank);
      for (int d = 0; d < rank; d++) {
        out.u64(d < dims.length ? dims[dims.length - 1 - d] : 1);
      }
      out.u32(tensor.type().ggufId());
      out.u64(next);
      offsets[i] = next;
      next = Math.addExact(next, Math.ceilDiv(tensor.byteSize(), alignment) * alignment);
    }
    out.padTo(alignment);
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] += out.size();
    }
    return new GgufLayout(out.toByteArray(), offsets, Math.addExact(next, out.size()));
  }

  /** ggml leaves out outer dimensions of 1, but writes at least one dimension. */
  private static int rank(Shape shape) {
    int outer = 0;
    while (outer < shape.rank() - 1 && shape.dim(outer) == 1) {
      outer++;
    }
    return Math.max(1, shape.rank() - outer);
  }

  private static void requireWritable(TensorInfo tensor) {
    String name = tensor.name();
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    // llama.cpp's GGML_MAX_NAME counts a terminating zero.
    if (bytes == 0 || bytes >= GgufHeader.MAX_NAME) {
      throw new InputException(
          "the tensor name %s has %d bytes; llama.cpp reads names of 1 to %d"
              .formatted(quote(name), bytes, GgufHeader.MAX_NAME - 1),
          "rename the tensor");
    }
    if (rank(tensor.shape()) > GgufHeader.MAX_RANK) {
      throw new InputException(
          "tensor %s has the shape %s; GGUF holds at most %d dimensions"
              .formatted(quote(name), tensor.shape(), GgufHeader.MAX_RANK),
          "reshape the tensor");
    }
    if (tensor.type().ggufId() < 0) {
      throw new InputException(
          "tensor %s is %s, a type that GGUF does not have".formatted(quote(name), tensor.type()),
          "convert it to a type that GGUF has, such as F32");
    }
    if (tensor.shape().rowLength() % tensor.type().blockElements() != 0) {
      throw new InputException(
          "tensor %s has rows of %d elements, which do not fill %s blocks of %d"
              .formatted(
                  quote(name),
                  tensor.shape().rowLength(),
                  tensor.type(),
                  tensor.type().blockElements()),
          "choose a type with smaller blocks");
    }
  }
}
