package dev.lqmf.tokenizer.jinja;

import java.util.AbstractList;
import java.util.RandomAccess;

/** Python's {@code range}: like a list, but printed as the call that makes it. */
final class Range extends AbstractList<Object> implements RandomAccess {
  private final long begin;
  private final long end;
  private final long step;
  private final int size;

  Range(long begin, long end, long step, int size) {
    this.begin = begin;
    this.end = end;
    this.step = step;
    this.size = size;
  }

  @Override
  public Object get(int index) {
    return begin + step * index;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public String toString() {
    return "range(" + begin + ", " + end + (step == 1 ? "" : ", " + step) + ")";
  }
}
