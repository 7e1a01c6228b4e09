package dev.lqmf.model.tokenizer;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The pieces of a SentencePiece model file. The file is a protocol buffer; this reads of {@code
 * sentencepiece_model.proto}
 *
 * <pre>
 * message ModelProto {
 *   message SentencePiece {
 *     enum Type { NORMAL = 1; UNKNOWN = 2; CONTROL = 3; USER_DEFINED = 4; UNUSED = 5; BYTE = 6; }
 *     optional string piece = 1;
 *     optional float score = 2;
 *     optional Type type = 3 [default = NORMAL];
 *   }
 *   repeated SentencePiece pieces = 1;
 *   message TrainerSpec { enum ModelType { UNIGRAM = 1; BPE = 2; WORD = 3; CHAR = 4; }
 *                         optional ModelType model_type = 3 [default = UNIGRAM]; }
 *   optional TrainerSpec trainer_spec = 2;
 *   message NormalizerSpec { optional bytes precompiled_charsmap = 2;
 *                            optional bool add_dummy_prefix = 3 [default = true];
 *                            optional bool remove_extra_whitespaces = 4 [default = true]; }
 *   optional NormalizerSpec normalizer_spec = 3;
 * }
 * </pre>
 *
 * and skips the rest.
 *
 * @param pieces by id
 * @param unigram whether pieces are chosen by probability; otherwise by merging
 * @param normalizer what happens to a text first
 */
record SentencePieceModel(List<Piece> pieces, boolean unigram, Normalizer normalizer) {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  /**
   * @param score logarithm of a probability, or minus the rank of a merge
   */
  record Piece(String text, float score, TokenType type) {}

  /**
   * @param charsmap a trie of texts and what they are replaced by, as the library compiles it; an
   *     array of bytes
   * @param addDummyPrefix whether a space is put before the text
   * @param removeExtraWhitespaces whether runs of spaces become one, and those at the ends none
   */
  record Normalizer(
      Optional<GgufValue> charsmap, boolean addDummyPrefix, boolean removeExtraWhitespaces) {}

  /**
   * Reads a {@code tokenizer.model}.
   *
   * @throws InputException if the file is damaged or no SentencePiece model
   */
  static SentencePieceModel read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Piece> pieces = new ArrayList<>();
    boolean unigram = true;
    Normalizer normalizer = new Normalizer(Optional.empty(), true, true);
    try {
      while (bytes.hasRemaining()) {
        long tag = varint(bytes);
        if (tag == (1 << 3 | BYTES)) {
          pieces.add(piece(message(bytes)));
        } else if (tag == (2 << 3 | BYTES)) {
          unigram = isUnigram(message(bytes));
        } else if (tag == (3 << 3 | BYTES)) {
          normalizer = normalizer(message(bytes));
        } else {
          skip(bytes, tag);
        }
      }
    } catch (DamagedException e) {
      throw damaged(file);
    }
    if (pieces.isEmpty()) {
      throw damaged(file);
    }
    return new SentencePieceModel(List.copyOf(pieces), unigram, normalizer);
  }

  private static InputException damaged(Path file) {
    return new InputException(
        file + " is damaged or no SentencePiece model", "download the file again");
  }

  private static Piece piece(ByteBuffer bytes) throws DamagedException {
    String text = "";
    float score = 0;
    TokenType type = TokenType.NORMAL;
    while (bytes.hasRemaining()) {
      long tag = varint(bytes);
      if (tag == (1 << 3 | BYTES)) {
        text = StandardCharsets.UTF_8.decode(message(bytes)).toString();
      } else if (tag == (2 << 3 | FIXED32)) {
        score = need(bytes, Float.BYTES).getFloat();
      } else if (tag == (3 << 3 | VARINT)) {
        type = type(varint(bytes));
      } else {
        skip(bytes, tag);
      }
    }
    return new Piece(text, score, type);
  }

  private static boolean isUnigram(ByteBuffer bytes) throws DamagedException {
    boolean unigram = true;
    while (bytes.hasRemaining()) {
      long tag = varint(bytes);
      if (tag == (3 << 3 | VARINT)) {
        unigram = varint(bytes) == 1;
      } else {
        skip(bytes, tag);
      }
    }
    return unigram;
  }

  private static Normalizer normalizer(ByteBuffer bytes) throws DamagedException {
    Optional<GgufValue> charsmap = Optional.empty();
    boolean addDummyPrefix = true;
    boolean removeExtraWhitespaces = true;
    while (bytes.hasRemaining()) {
      long tag = varint(bytes);
      if (tag == (2 << 3 | BYTES)) {
        ByteBuffer message = message(bytes);
        byte[] map = new byte[message.remaining()];
        message.get(map);
        charsmap = map.length == 0 ? Optional.empty() : Optional.of(GgufValue.array(map));
      } else if (tag == (3 << 3 | VARINT)) {
        addDummyPrefix = varint(bytes) != 0;
      } else if (tag == (4 << 3 | VARINT)) {
        removeExtraWhitespaces = varint(bytes) != 0;
      } else {
        skip(bytes, tag);
      }
    }
    return new Normalizer(charsmap, addDummyPrefix, removeExtraWhitespaces);
  }

  private static TokenType type(long id) throws DamagedException {
    for (TokenType type : TokenType.values()) {
      if (type.id() == id) {
        return type;
      }
    }
    throw new DamagedException();
  }

  private static void skip(ByteBuffer bytes, long tag) throws DamagedException {
    switch ((int) tag & 7) {
      case VARINT -> varint(bytes);
      case FIXED64 -> need(bytes, Long.BYTES).getLong();
      case BYTES -> message(bytes);
      case FIXED32 -> need(bytes, Integer.BYTES).getInt();
      default -> throw new DamagedException();
    }
  }

  private static long varint(ByteBuffer bytes) throws DamagedException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte b = need(bytes, 1).get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new DamagedException();
  }

  /** The bytes of a text or message that begins with its length. */
  private static ByteBuffer message(ByteBuffer bytes) throws DamagedException {
    long length = varint(bytes);
    if (length < 0 || length > bytes.remaining()) {
      throw new DamagedException();
    }
    ByteBuffer message = bytes.slice(bytes.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + (int) length);
    return message;
  }

  private static ByteBuffer need(ByteBuffer bytes, int count) throws DamagedException {
    if (bytes.remaining() < count) {
      throw new DamagedException();
    }
    return bytes;
  }

  /** The bytes do not follow the format. */
  private static final class DamagedException extends Exception {
    private static final long serialVersionUID = 1L;
  }
}
