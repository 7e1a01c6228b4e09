package dev.lqmf.tensor.pytorch;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import dev.lqmf.tensor.pytorch.Pickled.Storage;
import dev.lqmf.tensor.pytorch.StoredZip.Range;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The form since PyTorch 1.6: a zip archive with, under one folder, {@code data.pkl}, {@code
 * byteorder} (since 2.1) and one entry {@code data/KEY} for each storage.
 */
final class ZipForm {
  private static final String PICKLE = "data.pkl";

  private ZipForm() {}

  static List<StridedTensor> read(ReadableFile file) throws IOException {
    StoredZip zip = StoredZip.open(file);
    List<String> pickles =
        zip.names().stream().filter(n -> n.equals(PICKLE) || n.endsWith("/" + PICKLE)).toList();
    if (pickles.size() != 1) {
      throw new InputException(
          "%s is a zip archive with %d entries data.pkl instead of one"
              .formatted(file.path(), pickles.size()),
          "name a file that torch.save wrote");
    }
    String pickle = pickles.getFirst();
    String folder = pickle.substring(0, pickle.length() - PICKLE.length());
    requireLittleEndian(file, zip.find(folder + "byteorder"));
    Range range = zip.find(pickle).orElseThrow();
    if (range.length() > PickleInput.MAX_BYTES) {
      throw PytorchFile.damaged(
          file.path(), "has a pickle of %,d bytes, too large to be true".formatted(range.length()));
    }
    Pickled root = new Unpickler(new PickleInput(file, range.position(), range.length())).load();
    return StateDict.tensors(file, root, storage -> find(file, zip, folder, storage));
  }

  private static Range find(ReadableFile file, StoredZip zip, String folder, Storage storage)
      throws IOException {
    return zip.find(folder + "data/" + storage.key())
        .orElseThrow(
            () ->
                PytorchFile.damaged(
                    file.path(), "has no entry for the storage " + quote(storage.key())));
  }

  private static void requireLittleEndian(ReadableFile file, Optional<Range> entry)
      throws IOException {
    if (entry.isPresent()) {
      byte[] order = new byte[(int) Math.min(16, entry.get().length())];
      file.read(entry.get().position(), MemorySegment.ofArray(order));
      String text = new String(order, StandardCharsets.UTF_8);
      if (!text.equals("little")) {
        throw bigEndian(file, quote(text));
      }
    }
  }

  static InputException bigEndian(ReadableFile file, String order) {
    return new InputException(
        file.path() + " was saved with byte order " + order + "; only little can be read",
        "save it again on a little-endian machine, as x86 and ARM are");
  }
}
