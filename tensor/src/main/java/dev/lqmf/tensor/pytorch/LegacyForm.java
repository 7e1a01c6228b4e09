package dev.lqmf.tensor.pytorch;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import dev.lqmf.tensor.pytorch.Pickled.BigInt;
import dev.lqmf.tensor.pytorch.Pickled.Bool;
import dev.lqmf.tensor.pytorch.Pickled.Dict;
import dev.lqmf.tensor.pytorch.Pickled.Int;
import dev.lqmf.tensor.pytorch.Pickled.Sequence;
import dev.lqmf.tensor.pytorch.Pickled.Storage;
import dev.lqmf.tensor.pytorch.Pickled.Text;
import dev.lqmf.tensor.pytorch.StoredZip.Range;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The form before PyTorch 1.6, which most older checkpoints on the Hub have: five pickles (a magic
 * number, the protocol version, facts about the machine, the object, the storage keys), then the
 * storages in the order of the keys, each a u64 number of elements and the elements.
 */
final class LegacyForm {
  private static final BigInt MAGIC = new BigInt(new BigInteger("1950a86a20f9469cfc6c", 16));
  private static final Int PROTOCOL = new Int(1001);

  private LegacyForm() {}

  static List<StridedTensor> read(ReadableFile file) throws IOException {
    var in = new PickleInput(file, 0, Math.min(file.size(), PickleInput.MAX_BYTES));
    if (!new Unpickler(in).load().equals(MAGIC)) {
      throw new InputException(
          file.path() + " is a pickle, but not one of torch.save",
          "name a pytorch_model.bin, or save the state_dict with torch.save");
    }
    if (!new Unpickler(in).load().equals(PROTOCOL)) {
      throw PytorchFile.damaged(file.path(), "has an unknown protocol version");
    }
    if (new Unpickler(in).load() instanceof Dict machine
        && machine.entries.get(new Text("little_endian")) instanceof Bool little
        && !little.value()) {
      throw ZipForm.bigEndian(file, "big");
    }
    var objects = new Unpickler(in);
    Pickled root = objects.load();
    Pickled keys = new Unpickler(in).load();
    Map<String, Range> ranges = locate(file, objects.storages(), keys, in.position());
    return StateDict.tensors(
        file,
        root,
        storage -> {
          Range range = ranges.get(storage.key());
          if (range == null) {
            throw PytorchFile.damaged(
                file.path(), "does not hold the storage " + quote(storage.key()));
          }
          return range;
        });
  }

  private static Map<String, Range> locate(
      ReadableFile file, Map<String, Storage> storages, Pickled keys, long start)
      throws IOException {
    if (!(keys instanceof Sequence list)) {
      throw PytorchFile.damaged(file.path(), "has no list of storages");
    }
    Map<String, Range> ranges = new HashMap<>();
    long position = start;
    for (Pickled item : list.items) {
      Storage storage = item instanceof Text key ? storages.get(key.value()) : null;
      if (storage == null) {
        throw PytorchFile.damaged(file.path(), "lists a storage that no tensor uses");
      }
      long elements = readCount(file, position, storage);
      position += Long.BYTES;
      int elementBytes = storage.elementType().blockBytes();
      if (elements > (file.size() - position) / elementBytes) {
        throw PytorchFile.damaged(
            file.path(),
            "ends within the storage %s of %d elements".formatted(quote(storage.key()), elements));
      }
      ranges.put(storage.key(), new Range(position, elements * elementBytes));
      position += elements * elementBytes;
    }
    return ranges;
  }

  private static long readCount(ReadableFile file, long position, Storage storage)
      throws IOException {
    if (position > file.size() - Long.BYTES) {
      throw PytorchFile.damaged(file.path(), "ends before the storage " + quote(storage.key()));
    }
    byte[] bytes = new byte[Long.BYTES];
    file.read(position, MemorySegment.ofArray(bytes));
    long elements = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (elements != storage.elements()) {
      throw PytorchFile.damaged(
          file.path(),
          "has %s elements in the storage %s instead of %d"
              .formatted(
                  Long.toUnsignedString(elements), quote(storage.key()), storage.elements()));
    }
    return elements;
  }
}
