package ggml;

import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** The functions of {@code libggml-base} that encode and decode, as ggml.h declares them. */
final class Ggml {
  private final SymbolLookup library;
  private final Linker linker = Linker.nativeLinker();
  private final MethodHandle quantizeChunk;
  private final String sha256;

  Ggml(Path path) throws IOException {
    library = SymbolLookup.libraryLookup(path.toAbsolutePath(), Arena.global());
    quantizeChunk =
        function(
            "ggml_quantize_chunk",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS));
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path));
      sha256 = HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** The library file's SHA-256. */
  String sha256() {
    return sha256;
  }

  String version() {
    try {
      FunctionDescriptor noArguments = FunctionDescriptor.of(ValueLayout.ADDRESS);
      return string((MemorySegment) function("ggml_version", noArguments).invokeExact());
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  String typeName(int id) {
    try {
      FunctionDescriptor ofType =
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
      return string((MemorySegment) function("ggml_type_name", ofType).invokeExact(id));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  long blockElements(int id) {
    return size("ggml_blck_size", id);
  }

  long blockBytes(int id) {
    return size("ggml_type_size", id);
  }

  /** Encodes rows; {@code importance} may be null. */
  byte[] encode(TensorType type, float[] values, int rows, int rowLength, float[] importance) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
      MemorySegment target = arena.allocate(type.byteSize(values.length), 64);
      MemorySegment weights =
          importance == null
              ? MemorySegment.NULL
              : arena.allocateFrom(ValueLayout.JAVA_FLOAT, importance);
      long written =
          (long)
              quantizeChunk.invokeExact(
                  type.ggufId(), source, target, 0L, (long) rows, (long) rowLength, weights);
      if (written != target.byteSize()) {
        throw new AssertionError(type + ": ggml wrote " + written + " bytes");
      }
      return target.toArray(ValueLayout.JAVA_BYTE);
    } catch (Throwable e) {
      throw new AssertionError(type + ": ggml_quantize_chunk failed", e);
    }
  }

  /** Decodes whole blocks. */
  float[] decode(TensorType type, byte[] blocks, int elements) {
    if (type == TensorType.F32) {
      return MemorySegment.ofArray(blocks).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
    MethodHandle decoder =
        function(
            decoderName(type),
            FunctionDescriptor.ofVoid(
                ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(blocks.length, 64);
      MemorySegment.copy(blocks, 0, source, ValueLayout.JAVA_BYTE, 0, blocks.length);
      MemorySegment target = arena.allocate(elements * 4L, 64);
      decoder.invokeExact(source, target, (long) elements);
      return target.toArray(ValueLayout.JAVA_FLOAT);
    } catch (Throwable e) {
      throw new AssertionError(type + ": " + decoderName(type) + " failed", e);
    }
  }

  private static String decoderName(TensorType type) {
    return switch (type) {
      case F16 -> "ggml_fp16_to_fp32_row";
      case BF16 -> "ggml_bf16_to_fp32_row";
      default -> {
        String name = type.name();
        String lower = name.toLowerCase(Locale.ROOT);
        // In C the K of q4_K and the like stays a capital.
        yield "dequantize_row_" + (name.endsWith("_K") ? lower.replace("_k", "_K") : lower);
      }
    };
  }

  private long size(String name, int id) {
    try {
      FunctionDescriptor ofType =
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);
      return (long) function(name, ofType).invokeExact(id);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private MethodHandle function(String name, FunctionDescriptor descriptor) {
    return linker.downcallHandle(library.findOrThrow(name), descriptor);
  }

  private static String string(MemorySegment address) {
    return address.reinterpret(Long.MAX_VALUE).getString(0);
  }
}
