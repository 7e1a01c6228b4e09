package dev.lqmf.tensor;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** The files under {@code src/test/resources}, and what tests ask of any source. */
public final class Fixtures {
  private Fixtures() {}

  /** A fixture; a missing one is an error. */
  public static Path path(String name) {
    URL url = Objects.requireNonNull(Fixtures.class.getResource("/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All bytes of a tensor. */
  public static byte[] bytes(TensorSource source, TensorInfo tensor) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(tensor.byteSize())];
    source.read(tensor, 0, MemorySegment.ofArray(bytes));
    return bytes;
  }

  /** The tensor of this name; a missing one is an error. */
  public static TensorInfo tensor(TensorSource source, String name) {
    return source.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  /** Writes all tensors of a source, in its order. */
  public static void copy(TensorSource source, TensorSink sink) throws IOException {
    for (int i = 0; i < source.tensors().size(); i++) {
      sink.write(i, 0, MemorySegment.ofArray(bytes(source, source.tensors().get(i))));
    }
    sink.commit();
  }
}
