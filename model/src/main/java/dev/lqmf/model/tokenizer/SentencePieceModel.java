package dev.lqmf.model.tokenizer;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
 * }
 * </pre>
 *
 * and skips the rest.
 *
 * @param pieces by id
 */
record SentencePieceModel(List<Piece> pieces) {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  /**
   * @param score logarithm of a probability, or minus the rank of a merge
   */
  record Piece(String text, float score, TokenType type) {}

  /**
   * Reads a {@code tokenizer.model}.
   *
   * @throws InputException if the file is damaged or no SentencePiece model
   */
  static SentencePieceModel read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Piece> pieces = new ArrayList<>();
    try {
      while (bytes.hasRemaining()) {
        long tag = varint(bytes);
        if (tag == (1 << 3 | BYTES)) {
          pieces.add(piece(message(bytes)));
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
    return new SentencePieceModel(List.copyOf(pieces));
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
