package dev.lqmf.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop} of a loop. */
final class Loop {
  private final List<Object> items;
  private final Values values;
  private int index;
  private @Nullable Object last;

  Loop(List<Object> items, Values values) {
    this.items = items;
    this.values = values;
  }

  /** Goes to the item of this index. */
  void at(int index) {
    this.index = index;
  }

  @Nullable Object attribute(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> items.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> 1L;
      case "depth0" -> 0L;
      case "previtem" ->
          index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
      case "nextitem" ->
          index + 1 < items.size() ? items.get(index + 1) : new Undefined("there is no next item");
      case "cycle" -> (Callable) this::cycle;
      case "changed" -> (Callable) this::changed;
      default -> null;
    };
  }

  private Object cycle(Arguments arguments) {
    List<Object> choices = arguments.positional();
    if (choices.isEmpty()) {
      throw new TemplateException("loop.cycle needs items");
    }
    return choices.get(index % choices.size());
  }

  private Object changed(Arguments arguments) {
    Object now = new ArrayList<>(arguments.positional());
    boolean changed = last == null || !values.equal(last, now);
    last = now;
    return changed;
  }
}
