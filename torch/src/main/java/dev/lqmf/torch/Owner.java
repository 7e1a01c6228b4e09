package dev.lqmf.torch;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.javacpp.Pointer;

/** Native objects that live until it is closed. */
final class Owner implements AutoCloseable {
  private final Deque<Pointer> pointers = new ArrayDeque<>();

  /** Keeps an object, whatever scope it belongs to. */
  <P extends Pointer> P keep(P pointer) {
    pointer.retainReference();
    pointers.push(pointer);
    return pointer;
  }

  @Override
  public void close() {
    while (!pointers.isEmpty()) {
      pointers.pop().releaseReference();
    }
  }
}
