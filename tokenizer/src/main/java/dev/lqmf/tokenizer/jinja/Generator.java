package dev.lqmf.tokenizer.jinja;

import java.util.List;

/** What filters such as {@code map} give: items that can be taken once, and not be counted. */
final class Generator {
  private List<Object> items;

  Generator(List<Object> items) {
    this.items = items;
  }

  List<Object> take() {
    List<Object> taken = items;
    items = List.of();
    return taken;
  }

  /** Only the next item is taken. */
  List<Object> takeOne() {
    List<Object> taken = items.subList(0, Math.min(1, items.size()));
    items = items.subList(taken.size(), items.size());
    return taken;
  }
}
