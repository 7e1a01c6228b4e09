package dev.lqmf.tokenizer.jinja;

/**
 * What one run of a template may use up: templates come with models, from anybody. Beyond it, the
 * run ends with a {@link TemplateException}.
 */
final class Budget {
  /** Nested evaluations; some Java frames each, all of which have to fit a thread's stack. */
  static final int DEPTH = 400;

  /** Characters or items of one value. */
  static final int SIZE = 1 << 23;

  /** Characters of all texts together, and bytes of all lists, about. */
  private static final long MADE = 1L << 28;

  /** Bytes of an item and of a list without any, about. */
  private static final int ITEM = 32;

  /** Units of work, about one character's inspection each: some seconds. */
  private static final long WORK = 1L << 32;

  private static final int STEP = 64;

  private long made;
  private long work;
  private int depth;

  /** One node of the template is evaluated. */
  void step() {
    work(STEP);
  }

  void work(long units) {
    work += units;
    if (work > WORK) {
      throw new TemplateException("the template takes too many steps");
    }
  }

  /** A text may be searched for another: at worst, every place compares the whole. */
  void search(String text, String sought) {
    work((long) text.length() * Math.max(1, sought.length()));
  }

  /**
   * Something is about to be made.
   *
   * @param size of the whole value
   * @param added the part of it that is new
   */
  void room(long size, long added) {
    made += added;
    work(added);
    if (size > SIZE || made > MADE) {
      throw new TemplateException("the template makes a text or list that is too long");
    }
  }

  /** A text of this many characters is made. */
  void room(long size) {
    room(size, size);
  }

  /** A list or dict of this many items is made. */
  void items(long count) {
    room(count, ITEM * (count + 1));
  }

  /** What a filter or function gave. */
  Object made(Object value) {
    if (value instanceof String text) {
      room(text.length());
    }
    return value;
  }

  void enter() {
    if (++depth > DEPTH) {
      throw new TemplateException("the template or a value of it is nested too deeply");
    }
  }

  void leave() {
    depth--;
  }
}
