package dev.lqmf.testkit;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * Tiny randomly initialized models of all architectures, as Transformers 5.17.0 saves them, with
 * what it computes from them in float32 with eager attention.
 *
 * <p>Each has {@code config.json}, mostly {@code config.v4.json} (the same in the keys of
 * Transformers 4), {@code model.safetensors}, and {@code expected.safetensors} with {@code
 * input_ids}, {@code logits}, hidden states, and {@code generated}, the greedy continuation.
 */
public final class TinyModels {
  /** One for each architecture, two for Falcon. */
  public static final List<String> NAMES =
      List.of(
          "BartForConditionalGeneration",
          "BertForMaskedLM",
          "BlenderbotForConditionalGeneration",
          "BlenderbotSmallForConditionalGeneration",
          "BloomForCausalLM",
          "CodeGenForCausalLM",
          "FalconForCausalLM",
          "FalconForCausalLM-newdecoder",
          "GPT2LMHeadModel",
          "GPTBigCodeForCausalLM",
          "GPTJForCausalLM",
          "GPTNeoForCausalLM",
          "GPTNeoXForCausalLM",
          "Gemma2ForCausalLM",
          "Gemma3ForCausalLM",
          "Glm4ForCausalLM",
          "GlmForCausalLM",
          "GraniteForCausalLM",
          "LlamaForCausalLM",
          "MistralForCausalLM",
          "MixtralForCausalLM",
          "OPTForCausalLM",
          "Olmo2ForCausalLM",
          "Phi3ForCausalLM",
          "PhiForCausalLM",
          "Qwen2ForCausalLM",
          "Qwen3ForCausalLM",
          "Qwen3MoeForCausalLM",
          "RobertaForMaskedLM",
          "SmolLM3ForCausalLM",
          "StableLmForCausalLM",
          "Starcoder2ForCausalLM",
          "T5ForConditionalGeneration");

  private TinyModels() {}

  /** Whether a model has a file. */
  public static boolean has(String name, String file) {
    return TinyModels.class.getResource(resource(name, file)) != null;
  }

  private static String resource(String name, String file) {
    return "/dev/lqmf/testkit/arch/" + name + "/" + file;
  }

  /**
   * Puts a model into a directory of its own.
   *
   * @param config {@code config.json} or {@code config.v4.json}, which becomes {@code config.json}
   */
  public static Path extract(String name, String config, Path parent) {
    Path directory = parent.resolve(name);
    copy(name, config, directory.resolve("config.json"));
    copy(name, "model.safetensors", directory.resolve("model.safetensors"));
    copy(name, "expected.safetensors", directory.resolve("expected.safetensors"));
    return directory;
  }

  private static void copy(String name, String file, Path target) {
    try (InputStream in = TinyModels.class.getResourceAsStream(resource(name, file))) {
      if (in == null) {
        throw new NoSuchElementException(resource(name, file));
      }
      Files.createDirectories(target.getParent());
      Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The tensors of a safetensors file, read whole. */
  public static Values values(Path file) throws IOException {
    Map<String, float[]> floats = new LinkedHashMap<>();
    Map<String, long[]> longs = new LinkedHashMap<>();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    try (TensorSource source = SafetensorsFile.open(file);
        Arena arena = Arena.ofConfined()) {
      for (TensorInfo tensor : source.tensors()) {
        MemorySegment bytes = arena.allocate(tensor.byteSize(), Long.BYTES);
        source.read(tensor, 0, bytes);
        shapes.put(tensor.name(), tensor.shape().toArray());
        switch (tensor.type()) {
          case F32 -> floats.put(tensor.name(), bytes.toArray(ValueLayout.JAVA_FLOAT));
          case I64 -> longs.put(tensor.name(), bytes.toArray(ValueLayout.JAVA_LONG));
          default -> throw new IOException(tensor.name() + " is " + tensor.type());
        }
      }
    }
    return new Values(floats, longs, shapes);
  }

  /** Tensors by name. */
  public record Values(
      Map<String, float[]> floats, Map<String, long[]> longs, Map<String, long[]> shapes) {

    /** A tensor of numbers. */
    public float[] real(String name) {
      return found(floats, name);
    }

    /** A tensor of token ids, as one sequence. */
    public int[] ids(String name) {
      long[] values = found(longs, name);
      int[] ids = new int[values.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = Math.toIntExact(values[i]);
      }
      return ids;
    }

    /** A tensor {@code [1, rows, columns]} or {@code [rows, columns]}, row by row. */
    public float[][] rows(String name) {
      long[] shape = found(shapes, name);
      float[] all = real(name);
      int columns = Math.toIntExact(shape[shape.length - 1]);
      List<float[]> rows = new ArrayList<>();
      for (int i = 0; i < all.length; i += columns) {
        rows.add(java.util.Arrays.copyOfRange(all, i, i + columns));
      }
      return rows.toArray(float[][]::new);
    }

    private static <T> T found(Map<String, T> map, String name) {
      T value = map.get(name);
      if (value == null) {
        throw new NoSuchElementException(name + " is not among " + map.keySet());
      }
      return value;
    }
  }
}
