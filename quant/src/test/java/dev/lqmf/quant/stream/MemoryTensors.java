package dev.lqmf.quant.stream;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** Tensors in memory, as a source and as a sink that checks how it is used. */
final class MemoryTensors implements TensorSource, TensorSink {
  private final Map<TensorInfo, byte[]> bytes = new LinkedHashMap<>();
  final AtomicLong bytesRead = new AtomicLong();
  final AtomicLong bytesWritten = new AtomicLong();

  MemoryTensors(List<TensorInfo> tensors) {
    for (TensorInfo tensor : tensors) {
      bytes.put(tensor, new byte[Math.toIntExact(tensor.byteSize())]);
    }
  }

  byte[] bytes(TensorInfo tensor) {
    return Objects.requireNonNull(bytes.get(tensor));
  }

  @Override
  public List<TensorInfo> tensors() {
    return List.copyOf(bytes.keySet());
  }

  @Override
  public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
    target.copyFrom(MemorySegment.ofArray(bytes(tensor)).asSlice(byteOffset, target.byteSize()));
    bytesRead.addAndGet(target.byteSize());
  }

  @Override
  public void write(int tensor, long byteOffset, MemorySegment source) {
    MemorySegment.ofArray(bytes(tensors().get(tensor)))
        .asSlice(byteOffset, source.byteSize())
        .copyFrom(source);
    bytesWritten.addAndGet(source.byteSize());
  }

  @Override
  public String origin() {
    return "memory";
  }

  @Override
  public void commit() {
    throw new AssertionError("the engine does not commit");
  }

  @Override
  public void close() {
    throw new AssertionError("the engine does not close");
  }
}
