package dev.lqmf.model;

import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufArray;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufText;
import dev.lqmf.tensor.gguf.GgufValue;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells whether an input is the one that a recipe was made for, without reading all of it.
 *
 * <p>SHA-256 over what decides an output but for most of the weights: the bytes of the
 * configuration, tokenizer and model card files (of a GGUF file: its metadata); name, type and
 * shape of every tensor, in order; and of every tensor up to four pages of 4 KiB, at its beginning,
 * its end, and one and two thirds of the way. Small tensors are read whole. It does not depend on
 * paths, file times, or how weights are split into files.
 *
 * <p>It tells apart models, revisions, and checkpoints of one training run, whose weights differ
 * everywhere. It does not notice a change of single weights between the pages, so it is no proof
 * against damage or against somebody who wants to deceive.
 *
 * @param sha256 64 hexadecimal digits
 */
public record SourceFingerprint(String sha256) {
  private static final List<String> FILES =
      List.of(
          "README.md",
          "added_tokens.json",
          "chat_template.jinja",
          "chat_template.json",
          "config.json",
          "generation_config.json",
          "merges.txt",
          "special_tokens_map.json",
          "tekken.json",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "vocab.json");

  private static final int PAGE = 4096;
  private static final int PAGES = 4;

  /**
   * The fingerprint of a checkpoint directory, or of a GGUF file (the first of a split set).
   *
   * @throws dev.lqmf.tensor.InputException if it is damaged
   */
  public static SourceFingerprint of(Path source) throws IOException {
    var digest = new Digest();
    if (Files.isDirectory(source)) {
      for (String name : FILES) {
        digest.file(name, source.resolve(name));
      }
      Path templates = source.resolve("additional_chat_templates");
      if (Files.isDirectory(templates)) {
        try (Stream<Path> files = Files.list(templates)) {
          for (Path file : files.sorted().toList()) {
            digest.file(String.valueOf(file.getFileName()), file);
          }
        }
      }
      try (TensorSource tensors = Checkpoints.open(source)) {
        digest.tensors(tensors);
      }
    } else {
      try (GgufFile file = GgufFile.open(source)) {
        digest.metadata(file.metadata());
        digest.tensors(file);
      }
    }
    return new SourceFingerprint(digest.hex());
  }

  /** Every part goes in with its length, so that none can be taken for another. */
  private static final class Digest {
    private final MessageDigest sha256;

    Digest() {
      try {
        sha256 = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }

    void part(ByteBuffer bytes) {
      sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(0, bytes.remaining()));
      sha256.update(bytes);
    }

    void part(byte[] bytes) {
      part(ByteBuffer.wrap(bytes));
    }

    void part(String text) {
      part(text.getBytes(StandardCharsets.UTF_8));
    }

    void file(String name, Path path) throws IOException {
      if (Files.isRegularFile(path)) {
        part(name);
        part(Files.readAllBytes(path));
      }
    }

    void metadata(GgufMetadata metadata) {
      metadata
          .values()
          .forEach(
              (key, value) -> {
                part(key);
                part(value.type().name());
                part(bytes(value));
              });
    }

    private static byte[] bytes(GgufValue value) {
      return switch (value) {
        case GgufText text -> text.bytes();
        case GgufArray array -> array.bytes();
        default -> value.toString().getBytes(StandardCharsets.UTF_8);
      };
    }

    void tensors(TensorSource source) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment page = arena.allocate(PAGES * PAGE);
        for (TensorInfo tensor : source.tensors()) {
          part(tensor.toString());
          pages(source, tensor, page);
        }
      }
    }

    private void pages(TensorSource source, TensorInfo tensor, MemorySegment buffer)
        throws IOException {
      long size = tensor.byteSize();
      if (size <= buffer.byteSize()) {
        read(source, tensor, 0, buffer.asSlice(0, size));
        return;
      }
      int block = tensor.type().blockBytes();
      long page = PAGE / block * block;
      for (int i = 0; i < PAGES; i++) {
        long position = (size - page) / (PAGES - 1) * i / block * block;
        read(source, tensor, i == PAGES - 1 ? size - page : position, buffer.asSlice(0, page));
      }
    }

    private void read(TensorSource source, TensorInfo tensor, long position, MemorySegment target)
        throws IOException {
      source.read(tensor, position, target);
      part(target.asByteBuffer());
    }

    String hex() {
      return HexFormat.of().formatHex(sha256.digest());
    }
  }
}
