package dev.lqmf.tensor.pytorch;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.pytorch.Pickled.BigInt;
import dev.lqmf.tensor.pytorch.Pickled.Dict;
import dev.lqmf.tensor.pytorch.Pickled.Int;
import dev.lqmf.tensor.pytorch.Pickled.None;
import dev.lqmf.tensor.pytorch.Pickled.Opaque;
import dev.lqmf.tensor.pytorch.Pickled.Sequence;
import dev.lqmf.tensor.pytorch.Pickled.Storage;
import dev.lqmf.tensor.pytorch.Pickled.Text;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the opcodes of a pickle that {@code torch.save} emits, from protocol 2 on (the names are
 * those of {@code pickletools.py}). Calls go to {@link Rebuild}; nothing else can be called.
 */
final class Unpickler {
  /** A checkpoint takes some 20 objects a tensor. */
  private static final int MAX_OBJECTS = 4_000_000;

  /** Picklers flush containers every 1,000 items. */
  private static final int MAX_STACK = 100_000;

  private static final int HIGHEST_PROTOCOL = 5;

  /** The number that old files begin with takes 10 bytes. */
  private static final int MAX_LONG_BYTES = 1024;

  private final PickleInput in;
  private final Rebuild rebuild;
  private final List<Pickled> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, Pickled> memo = new HashMap<>();
  private final Map<String, Storage> storages = new HashMap<>();
  private int objects;

  Unpickler(PickleInput in) {
    this.in = in;
    this.rebuild = new Rebuild(in);
  }

  /** Reads one object, up to its STOP. */
  Pickled load() throws IOException {
    while (true) {
      long position = in.position();
      int opcode = in.u8();
      if (opcode == '.') {
        Pickled result = pop();
        if (!stack.isEmpty() || !marks.isEmpty()) {
          throw in.damaged("stops at byte " + position + " with objects left over");
        }
        return result;
      }
      run(opcode, position);
    }
  }

  private void run(int opcode, long position) throws IOException {
    switch (opcode) {
      case 0x80 -> protocol(in.u8());
      case 0x95 -> in.i64(); // FRAME: how far to read ahead

      case 'N' -> push(None.NONE);
      case 0x88 -> push(new Pickled.Bool(true));
      case 0x89 -> push(new Pickled.Bool(false));
      case 'J' -> push(new Int(in.i32()));
      case 'K' -> push(new Int(in.u8()));
      case 'M' -> push(new Int(in.u16()));
      case 0x8a -> push(integer(in.u8()));
      case 0x8b -> push(integer(in.i32()));
      case 'G' -> push(real());

      case 'X', 'T' -> push(new Text(in.text(in.i32() & 0xFFFF_FFFFL)));
      case 0x8c, 'U' -> push(new Text(in.text(in.u8())));
      case 0x8d -> push(new Text(in.text(in.i64())));
      case 'B' -> push(bytes(in.i32() & 0xFFFF_FFFFL));
      case 'C' -> push(bytes(in.u8()));
      case 0x8e -> push(bytes(in.i64()));

      case '(' -> mark();
      case '0' -> pop();
      case '1' -> popMark();
      case '2' -> push(top());

      case 'q' -> memo.put(in.u8(), counted(top()));
      case 'r' -> memo.put(in.i32(), counted(top()));
      case 0x94 -> memo.put(memo.size(), counted(top()));
      case 'h' -> push(recall(in.u8()));
      case 'j' -> push(recall(in.i32()));

      case ')' -> push(new Sequence(List.of()));
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 't' -> push(new Sequence(popMark()));
      case ']' -> push(new Sequence());
      case 'l' -> push(list(popMark()));
      case 'a' -> append(List.of(pop()));
      case 'e' -> append(popMark());
      case '}' -> push(new Dict());
      case 'd' -> dictionary();
      case 's' -> {
        Pickled value = pop();
        setItems(List.of(pop(), value));
      }
      case 'u' -> setItems(popMark());

      case 'c' -> push(global(in.line(), in.line()));
      case 0x93 -> {
        String name = text(pop());
        push(global(text(pop()), name));
      }
      case 'Q' -> persistent(rebuild.storage(pop()));
      case 'R', 0x81 -> {
        Pickled arguments = pop();
        push(rebuild.call(pop(), arguments));
      }
      case 'b' -> pop(); // BUILD: attributes, such as _metadata of a state_dict

      default ->
          throw in.damaged(
              "has the opcode 0x%02x at byte %d, which torch.save does not write"
                  .formatted(opcode, position));
    }
  }

  /** The storages of all tensors seen, by key. */
  Map<String, Storage> storages() {
    return storages;
  }

  private void persistent(Storage storage) {
    Storage known = storages.putIfAbsent(storage.key(), storage);
    if (known != null
        && (known.elementType() != storage.elementType()
            || known.elements() != storage.elements())) {
      throw in.damaged("gives the storage " + quote(storage.key()) + " two sizes");
    }
    push(storage);
  }

  private void protocol(int version) {
    if (version < 2 || version > HIGHEST_PROTOCOL) {
      throw in.damaged("has protocol " + version);
    }
  }

  private Pickled integer(int length) throws IOException {
    if (length < 0 || length > MAX_LONG_BYTES) {
      throw in.damaged("has an integer of " + Integer.toUnsignedString(length) + " bytes");
    }
    byte[] bytes = in.bytes(length);
    for (int i = 0, j = length - 1; i < j; i++, j--) {
      byte b = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = b;
    }
    BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
    return value.bitLength() < Long.SIZE ? new Int(value.longValue()) : new BigInt(value);
  }

  private Pickled real() throws IOException {
    in.bytes(Double.BYTES);
    return new Opaque("float");
  }

  private Pickled bytes(long length) throws IOException {
    in.bytes(length);
    return new Opaque("bytes");
  }

  private Pickled global(String module, String name) {
    return Globals.find(module, name)
        .orElseThrow(
            () ->
                new InputException(
                    "%s uses %s, which is not among the calls that rebuild tensors"
                        .formatted(in.file().path(), quote(module + "." + name)),
                    "use a safetensors checkpoint of this model, or save only its state_dict"));
  }

  private String text(Pickled object) {
    if (object instanceof Text t) {
      return t.value();
    }
    throw in.damaged("has a name that is no text");
  }

  private void tuple(int length) {
    List<Pickled> items = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      items.addFirst(pop());
    }
    push(new Sequence(items));
  }

  private static Sequence list(List<Pickled> items) {
    var list = new Sequence();
    list.items.addAll(items);
    return list;
  }

  private void append(List<Pickled> items) {
    if (top() instanceof Sequence list && list.isList()) {
      list.items.addAll(items);
      count(items.size());
    } else {
      throw in.damaged("appends to something that is no list");
    }
  }

  private void dictionary() {
    List<Pickled> items = popMark();
    push(new Dict());
    setItems(items);
  }

  private void setItems(List<Pickled> items) {
    if (!(top() instanceof Dict dict)) {
      throw in.damaged("sets items of something that is no dictionary");
    }
    if (items.size() % 2 != 0) {
      throw in.damaged("has a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      Pickled key = items.get(i);
      if (!(key instanceof Text || key instanceof Int)) {
        throw in.damaged("has a dictionary key that is neither text nor a whole number");
      }
      dict.entries.put(key, items.get(i + 1));
    }
    count(items.size());
  }

  private void push(Pickled object) {
    if (stack.size() == MAX_STACK) {
      throw in.damaged("has more than " + MAX_STACK + " objects waiting");
    }
    stack.add(counted(object));
  }

  private void mark() {
    if (marks.size() == MAX_STACK) {
      throw in.damaged("has more than " + MAX_STACK + " objects waiting");
    }
    marks.add(stack.size());
  }

  private Pickled pop() {
    Pickled object = top();
    stack.removeLast();
    return object;
  }

  private Pickled top() {
    if (stack.size() <= (marks.isEmpty() ? 0 : marks.getLast())) {
      throw in.damaged("takes an object where there is none");
    }
    return stack.getLast();
  }

  private List<Pickled> popMark() {
    if (marks.isEmpty()) {
      throw in.damaged("takes objects where none were begun");
    }
    List<Pickled> tail = stack.subList(marks.removeLast(), stack.size());
    List<Pickled> items = List.copyOf(tail);
    tail.clear();
    return items;
  }

  private Pickled recall(int index) {
    Pickled object = memo.get(index);
    if (object == null) {
      throw in.damaged("recalls the object " + Integer.toUnsignedString(index) + ", which is none");
    }
    return object;
  }

  private Pickled counted(Pickled object) {
    count(1);
    return object;
  }

  private void count(int more) {
    objects += more;
    if (objects > MAX_OBJECTS) {
      throw in.damaged("has more than " + MAX_OBJECTS + " objects");
    }
  }
}
