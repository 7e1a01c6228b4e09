package dev.lqmf.torch;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/** Native objects that live until it is closed. */
final class Owner implements AutoCloseable {
  private final Deque<Pointer> pointers = new ArrayDeque<>();
  private final List<Runnable> ends = new ArrayList<>();
  private @Nullable Arena arena;

  /** Keeps an object, whatever scope it belongs to. */
  <P extends Pointer> P keep(P pointer) {
    pointer.retainReference();
    pointers.push(pointer);
    return pointer;
  }

  /** For memory that libtorch does not know; closed with this. */
  @SuppressWarnings("MustBeClosedChecker")
  Arena arena() {
    if (arena == null) {
      arena = Arena.ofShared();
    }
    return arena;
  }

  /** Does something when this is closed, before anything is freed. */
  void beforeClose(Runnable end) {
    ends.add(end);
  }

  @Override
  public void close() {
    ends.forEach(Runnable::run);
    ends.clear();
    if (arena != null) {
      arena.close();
      arena = null;
    }
    while (!pointers.isEmpty()) {
      pointers.pop().releaseReference();
    }
  }
}
