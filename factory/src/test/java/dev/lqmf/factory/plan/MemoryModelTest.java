package dev.lqmf.factory.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.machine.MemoryOptimizer;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryModelTest {
  private static final long MEBIBYTE = 1 << 20;

  /** What decides about memory in Meta-Llama-3-8B's configuration: 8 heads of 128 for keys. */
  private static final String LLAMA_3_8B =
      """
      {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
        "max_position_embeddings": 8192, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
        "hidden_act": "silu", "tie_word_embeddings": false
      }
      """;

  /** The same of gemma-2-2b: every other layer looks back 4,096 tokens. */
  private static final String GEMMA_2_2B =
      """
      {
        "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2",
        "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
        "vocab_size": 256000, "max_position_embeddings": 8192, "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0, "hidden_activation": "gelu_pytorch_tanh", "hidden_act":
        "gelu_pytorch_tanh", "sliding_window": 4096, "query_pre_attn_scalar": 256,
        "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0
      }
      """;

  @TempDir Path directory;

  private ModelShape shape(String config) throws IOException {
    Files.writeString(directory.resolve("config.json"), config);
    return ModelShape.of(Families.network(HfConfig.read(new ModelFiles(directory))));
  }

  private static ModelShape shape(
      int layers, int elements, int width, int feedForward, int heads, int vocabulary) {
    return new ModelShape(
        Collections.nCopies(layers, new ModelShape.Layer(elements, elements, OptionalInt.empty())),
        layers,
        width,
        feedForward,
        heads,
        vocabulary,
        OptionalInt.empty());
  }

  /**
   * 32 layers × 2 × 1,024 elements for each cell; cells are a multiple of 256; 2 bytes each in F16,
   * 34 for 32 in Q8_0, 18 for 32 in Q4_0.
   */
  @ParameterizedTest
  @CsvSource({
    "8192, F16, 1073741824",
    "4096, F16, 536870912",
    "5000, F16, 671088640",
    "1, F16, 33554432",
    "8192, Q8_0, 570425344",
    "8192, Q4_0, 301989888"
  })
  void groupedQueriesKeepKeysOfTheirGroups(int context, CacheType cache, long bytes)
      throws IOException {
    MemoryModel memory = MemoryModel.ofGguf(shape(LLAMA_3_8B), "llama");

    assertThat(memory.cacheBytes(context, cache)).isEqualTo(bytes);
  }

  /**
   * 13 layers × 2 × 1,024 elements for all cells, and 13 for at most 4,096 + 512, in 2 bytes. At
   * 8,192: 436,207,616 + 245,366,784.
   */
  @ParameterizedTest
  @CsvSource({"8192, 681574400", "4608, 490733568", "2048, 218103808"})
  void layersWithAWindowKeepNoMoreThanItAndABatch(int context, long bytes) throws IOException {
    MemoryModel memory = MemoryModel.ofGguf(shape(GEMMA_2_2B), "gemma2");

    assertThat(memory.cacheBytes(context, CacheType.F16)).isEqualTo(bytes);
  }

  @Test
  void aWindowIsNotQuantized() throws IOException {
    MemoryModel memory = MemoryModel.ofGguf(shape(GEMMA_2_2B), "gemma2");

    assertThat(memory.cacheBytes(8192, CacheType.Q8_0)).isEqualTo(231_735_296 + 245_366_784);
  }

  /** Mistral's window, for one. */
  @Test
  void llamaCppIgnoresTheWindowsOfOtherFamilies() throws IOException {
    MemoryModel memory = MemoryModel.ofGguf(shape(GEMMA_2_2B), "llama");

    assertThat(memory.cacheBytes(8192, CacheType.F16)).isEqualTo(2 * 436_207_616L);
  }

  /** Transformers neither rounds up nor keeps more than the window. */
  @Test
  void aCheckpointKeepsItsWindowOnly() throws IOException {
    MemoryModel memory = MemoryModel.ofCheckpoint(shape(GEMMA_2_2B));

    assertThat(memory.cacheBytes(5000, CacheType.F16))
        .isEqualTo(13L * 2048 * 2 * 5000 + 13L * 2048 * 2 * 4096);
  }

  /** Logs of llama.cpp with CUDA, as users posted them. */
  @Test
  void agreesWithLogsOfLlamaCpp() {
    // Qwen2.5 3B, https://github.com/SciSharp/LLamaSharp/issues/1099
    MemoryUse qwen =
        MemoryModel.ofGguf(shape(36, 256, 2048, 11008, 16, 151_936), "qwen2")
            .use(0, 4096, CacheType.F16, Device.GPU);
    // TriLM 3.9B, https://github.com/mozilla-ai/llamafile/pull/552
    MemoryUse triLm =
        MemoryModel.ofGguf(shape(30, 3072, 3072, 9216, 24, 50_688), "llama")
            .use(0, 512, CacheType.F16, Device.GPU);

    assertThat(qwen.cache()).isEqualTo(144 * MEBIBYTE);
    assertThat(qwen.compute() / (double) MEBIBYTE).isEqualTo(300.75);
    assertThat(triLm.cache()).isEqualTo(180 * MEBIBYTE);
    assertThat(triLm.compute()).isEqualTo(105 * MEBIBYTE);
  }

  @Test
  void theTotalIsTheSumOfItsParts() throws IOException {
    MemoryModel memory = MemoryModel.ofGguf(shape(LLAMA_3_8B), "llama");

    MemoryUse use = memory.use(4_000_000_000L, 8192, CacheType.F16, Device.CPU);

    assertThat(use.reserve()).isEqualTo(MemoryOptimizer.CPU_RESERVE);
    assertThat(use.total()).isEqualTo(4_000_000_000L + use.cache() + use.compute() + use.reserve());
    assertThatThrownBy(() -> memory.use(1, 0, CacheType.F16, Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessage("a context of 0 tokens holds nothing");
  }

  @Test
  void cacheTypesGoByTheirNames() {
    assertThat(List.of(CacheType.parse("q8_0"), CacheType.parse("F16")))
        .containsExactly(CacheType.Q8_0, CacheType.F16);
    assertThatThrownBy(() -> CacheType.parse("q6_k")).isInstanceOf(InputException.class);
  }
}
