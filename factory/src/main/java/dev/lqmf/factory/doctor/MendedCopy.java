package dev.lqmf.factory.doctor;

import dev.lqmf.factory.doctor.Mend.GgufKeys;
import dev.lqmf.factory.doctor.Mend.ReplaceFile;
import dev.lqmf.factory.doctor.Mend.SafetensorsFormat;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes a model once more, with what was wrong put right. The original stays as it is. */
public final class MendedCopy {
  private static final int PIECE = 1 << 22;

  private MendedCopy() {}

  /**
   * Writes the copy; it appears under its name when it is complete.
   *
   * @param diagnosis of the original
   * @param target a file for a GGUF, a directory for a checkpoint; must not exist
   * @throws InputException if there is something already, or nothing to mend
   * @throws IOException if reading or writing failed
   */
  public static void write(Diagnosis diagnosis, Path target) throws IOException {
    if (Files.exists(target)) {
      throw new InputException(target + " exists already", "name another with --output");
    }
    List<Mend> mends = diagnosis.mends();
    if (mends.isEmpty()) {
      throw new InputException(
          "there is nothing about %s that could be mended".formatted(diagnosis.path()),
          "see what 'lqmf verify' says");
    }
    if (Files.isDirectory(diagnosis.path())) {
      directory(diagnosis.path(), mends, target);
    } else {
      gguf(diagnosis.path(), mends, target);
    }
  }

  private static void gguf(Path original, List<Mend> mends, Path target) throws IOException {
    try (GgufFile source = GgufFile.open(original)) {
      if (source.paths().size() > 1) {
        throw new InputException(
            original + " is one of " + source.paths().size() + " files, which are not mended yet",
            "merge them with llama-gguf-split --merge");
      }
      GgufMetadata.Builder metadata = source.metadata().toBuilder();
      for (Mend mend : mends) {
        if (mend instanceof GgufKeys keys) {
          metadata = keys.change().apply(metadata);
        }
      }
      try (GgufWriter writer = GgufWriter.create(target, metadata.build(), source.tensors())) {
        copy(source, writer);
        writer.commit();
      }
    }
  }

  private static void directory(Path original, List<Mend> mends, Path target) throws IOException {
    Map<String, Mend> byFile = new HashMap<>();
    for (Mend mend : mends) {
      switch (mend) {
        case ReplaceFile replace -> byFile.put(replace.name(), replace);
        case SafetensorsFormat format -> byFile.put(format.name(), format);
        case GgufKeys _ -> throw new IllegalStateException("a directory is no GGUF");
      }
    }
    Path parent = target.toAbsolutePath().getParent();
    Path work = Files.createTempDirectory(parent, "." + target.getFileName() + ".");
    try {
      try (Stream<Path> files = Files.list(original)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String name = String.valueOf(file.getFileName());
          if (byFile.get(name) instanceof SafetensorsFormat) {
            withFormat(file, work.resolve(name));
          } else if (!byFile.containsKey(name)) {
            Files.copy(file, work.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
          }
        }
      }
      for (Mend mend : byFile.values()) {
        if (mend instanceof ReplaceFile replace) {
          Files.writeString(work.resolve(replace.name()), replace.text());
        }
      }
      Files.move(work, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      delete(work);
      throw e;
    }
  }

  private static void withFormat(Path file, Path target) throws IOException {
    try (SafetensorsFile source = SafetensorsFile.open(file)) {
      Map<String, String> metadata = new LinkedHashMap<>(source.fileMetadata());
      metadata.put(SafetensorsCheck.FORMAT, SafetensorsCheck.PYTORCH);
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(target, metadata, source.tensors())) {
        copy(source, writer);
        writer.commit();
      }
    }
  }

  private static void copy(TensorSource source, TensorSink sink) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(PIECE, Long.BYTES);
      List<TensorInfo> tensors = source.tensors();
      for (int i = 0; i < tensors.size(); i++) {
        long size = tensors.get(i).byteSize();
        for (long at = 0; at < size; at += PIECE) {
          MemorySegment part = piece.asSlice(0, Math.min(PIECE, size - at));
          source.read(tensors.get(i), at, part);
          sink.write(i, at, part);
        }
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> entries = Files.walk(directory)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(entry);
      }
    }
  }
}
