package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What llama.cpp's converter gets wrong or refuses, and what is said about the rest. */
class ConversionNotesTest {
  @TempDir private Path temporary;

  private Path copy(String resource) throws IOException {
    Path target = temporary.resolve(Path.of(resource).getFileName());
    Files.createDirectory(target);
    try (Stream<Path> files = Files.list(Listing.resource(resource))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  private static void edit(Path file, Consumer<ObjectNode> change) throws IOException {
    ObjectNode json = JsonFiles.object(file).orElseThrow().deepCopy();
    change.accept(json);
    Files.writeString(file, json.toString());
  }

  private static List<String> notes(Path directory) throws IOException {
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      return model.notes();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "golden/MistralForCausalLM, sliding_window is 8",
    "golden/Gemma2ForCausalLM, query_pre_attn_scalar (20)",
    "golden/Gemma3ForCausalLM, query_pre_attn_scalar (20)",
    "golden/T5ForConditionalGeneration, relative_attention_max_distance (20)",
    "golden/T5ForConditionalGeneration, does not scale what goes to the tied embedding",
    "variants/t5-gated-untied, what goes to the tied embedding is not scaled",
    "golden/BertForMaskedLM, head that fills in masked words is left out",
    "golden/RobertaForMaskedLM, head that fills in masked words is left out",
    "variants/phi-wide-heads, phi2 does not open a file with 4 heads of",
    "variants/phi3-wide-heads, phi3 does not open a file with 4 heads of",
    "variants/phi3-longrope, opened for more than 64 tokens",
    "variants/gemma3-of-images, part for images is left out",
    "variants/starcoder2-untied, sliding_window is 16"
  })
  void notesWhatIsLost(String directory, String part) throws IOException {
    assertThat(notes(Listing.resource(directory))).anyMatch(note -> note.contains(part));
  }

  @ParameterizedTest
  @CsvSource({
    "golden/StableLmForCausalLM",
    "golden/Olmo2ForCausalLM",
    "golden/Glm4ForCausalLM",
    "golden/GPTNeoXForCausalLM",
    "golden/FalconForCausalLM",
    "golden/Qwen3MoeForCausalLM",
    "golden/SmolLM3ForCausalLM",
    "variants/gemma3-without-scaling",
    "variants/gemma3-other-layers"
  })
  void saysNothingWhereNothingIsLost(String directory) throws IOException {
    assertThat(notes(Listing.resource(directory))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "golden/FalconForCausalLM|{\"alibi\": true}|alibi",
        "golden/FalconForCausalLM|{\"parallel_attn\": false}|parallel_attn",
        "golden/Qwen3MoeForCausalLM|{\"norm_topk_prob\": false}|norm_topk_prob",
        "golden/SmolLM3ForCausalLM|{\"no_rope_layers\": [1, 0, 1, 0]}|no_rope_layers",
        "golden/SmolLM3ForCausalLM|{\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0,"
            + " \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0}}|factors of llama3",
        "golden/StableLmForCausalLM|{\"rope_parameters\": {\"rope_type\": \"default\","
            + " \"rope_theta\": 10000.0, \"partial_rotary_factor\": 0.1875}}|rotates 3 elements",
        "golden/StableLmForCausalLM|{\"hidden_act\": \"relu\"}|SiLU where hidden_act is relu",
        "golden/BertForMaskedLM|{\"position_embedding_type\": \"relative_key\"}|relative_key",
        "golden/T5ForConditionalGeneration|{\"feed_forward_proj\": \"gated-silu\"}|gated-silu",
        "golden/Phi3ForCausalLM|{\"sliding_window\": 64}|sliding_window is 64",
        "golden/Gemma3ForCausalLM|{\"use_bidirectional_attention\": true}|earlier tokens only",
        "golden/Gemma2ForCausalLM|{\"tie_word_embeddings\": false}|lm_head is left out",
        "golden/BloomForCausalLM|{\"apply_residual_connection_post_layernorm\": true}|apply_res",
        "golden/BloomForCausalLM|{\"slow_but_exact\": true, \"pretraining_tp\": 2}|slow_but_exact",
        "golden/FalconForCausalLM|{\"bias\": true}|no biases",
        "golden/GPT2LMHeadModel|{\"scale_attn_weights\": false}|scale_attn_weights",
        "golden/MistralForCausalLM|{\"rope_scaling\": {\"type\": \"longrope\"}}|longrope",
        "golden/Qwen2ForCausalLM|{\"rope_scaling\": {\"rope_type\": \"llama3\"}}|llama3",
        "golden/Qwen2ForCausalLM|{\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0,"
            + " \"attention_factor\": 0.8}}|by 1.1386 for yarn, the model by 0.8000",
        "golden/Qwen2ForCausalLM|{\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0,"
            + " \"truncate\": false}}|truncate",
        "golden/Qwen2ForCausalLM|{\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0,"
            + " \"beta_slow\": 2}}|takes 1.0 for yarn's beta_slow, the model 2.0"
      })
  void notesOptionsThatLlamaCppLacks(String directory, String change, String part)
      throws IOException {
    Path checkpoint = copy(directory);
    Path changes = temporary.resolve("changes.json");
    Files.writeString(changes, change);
    ObjectNode changed = JsonFiles.object(changes).orElseThrow();
    edit(checkpoint.resolve("config.json"), c -> c.setAll(changed));
    assertThat(notes(checkpoint)).anyMatch(note -> note.contains(part));
  }

  @ParameterizedTest
  @CsvSource({
    "phi-qknorm, qk_layernorm",
    "qwen3moe-mixed, mlp_only_layers",
    "llama-prelu, weights of its activation"
  })
  void refusesWhatGgufHasNoPlaceFor(String variant, String part) {
    refused(Path.of("../torch/src/test/resources/dev/lqmf/torch/variants", variant), part);
  }

  /** The configuration of falcon-7b counts keys that the model does not have. */
  @Test
  void ignoresTheNumberOfKeysOfAFalconWithOne() throws IOException {
    Path checkpoint = copy("golden/FalconForCausalLM");
    edit(checkpoint.resolve("config.json"), c -> c.put("num_kv_heads", 4));
    JsonNode expected = JsonFiles.object(checkpoint.resolve("expected.json")).orElseThrow();
    try (GgufModel model = GgufModel.fromCheckpoint(checkpoint)) {
      assertThat(Listing.tensors(model.tensors(), TensorType.F32))
          .isEqualTo(Listing.tensors(expected.path("tensors")));
      assertThat(model.metadata().integer("falcon.attention.head_count_kv")).hasValue(1);
    }
  }

  /** Queries, keys and values of a head lie together; llama.cpp wants all queries first. */
  @Test
  void regroupsTheKeysOfAMultiHeadBigCode() throws IOException {
    Path directory = Listing.resource("variants/bigcode-multi-head");
    try (TensorSource source = Checkpoints.open(directory);
        GgufModel model = GgufModel.fromCheckpoint(directory)) {
      byte[] stored = read(source, "transformer.h.0.attn.c_attn.weight");
      byte[] regrouped = read(model.tensors(), "blk.0.attn_qkv.weight");
      int heads = 4;
      int head = 8;
      int row = stored.length / (3 * heads * head);
      for (int part = 0; part < 3; part++) {
        for (int h = 0; h < heads; h++) {
          int to = (part * heads + h) * head * row;
          int from = (h * 3 + part) * head * row;
          assertThat(Arrays.copyOfRange(regrouped, to, to + head * row))
              .isEqualTo(Arrays.copyOfRange(stored, from, from + head * row));
        }
      }
    }
  }

  private static byte[] read(TensorSource source, String name) throws IOException {
    TensorInfo tensor =
        source.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    return Listing.read(source, tensor);
  }

  /** Replaces a byte-level tokenizer.json by the files that CodeBERT and CodeT5 have. */
  private static void asVocabularyAndMerges(Path tokenizer, Path target) throws IOException {
    JsonNode model = JsonFiles.object(tokenizer).orElseThrow().path("model");
    Files.writeString(target.resolve("vocab.json"), model.path("vocab").toString());
    StringBuilder merges = new StringBuilder("#version: 0.2\n");
    for (JsonNode merge : model.path("merges")) {
      merges
          .append(
              merge.isString()
                  ? merge.stringValue()
                  : merge.path(0).stringValue() + " " + merge.path(1).stringValue())
          .append('\n');
    }
    Files.writeString(target.resolve("merges.txt"), merges);
    Files.writeString(target.resolve("tokenizer_config.json"), "{\"model_max_length\": 64}");
    Files.deleteIfExists(target.resolve("tokenizer.json"));
  }

  private static Map<String, String> tokenizer(Path directory) throws IOException {
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      return Listing.metadata(model.metadata()).stream()
          .filter(line -> line.startsWith("tokenizer."))
          .collect(
              Collectors.toMap(
                  line -> line.substring(0, line.indexOf(' ')),
                  line -> line.substring(line.indexOf(' ') + 1)));
    }
  }

  /** For which the converter writes tokens of a WordPiece. */
  @Test
  void readsTheTokenizerOfCodeBert() throws IOException {
    Path whole = Listing.resource("variants/roberta-bare-names");
    Path checkpoint = copy("variants/roberta-bare-names");
    asVocabularyAndMerges(whole.resolve("tokenizer.json"), checkpoint);
    Map<String, String> expected = tokenizer(whole);
    Map<String, String> actual = tokenizer(checkpoint);
    // That tokenizer.json says so, and the class does not, makes a difference for the converter.
    expected.put("tokenizer.ggml.add_sep_token", "BOOL true");
    assertThat(actual).isEqualTo(expected);
  }

  /** For which the converter stops. */
  @Test
  void readsTheTokenizerOfCodeT5() throws IOException {
    Path checkpoint = copy("variants/t5-gated-untied");
    Files.delete(checkpoint.resolve("spiece.model"));
    Files.delete(checkpoint.resolve("added_tokens.json"));
    asVocabularyAndMerges(
        Listing.resource("golden/RobertaForMaskedLM").resolve("tokenizer.json"), checkpoint);
    Map<String, String> tokenizer = tokenizer(checkpoint);
    assertThat(tokenizer)
        .containsEntry("tokenizer.ggml.model", "STRING gpt2")
        .containsEntry("tokenizer.ggml.pre", "STRING gpt-2")
        .containsEntry("tokenizer.ggml.add_bos_token", "BOOL true")
        .containsEntry("tokenizer.ggml.add_eos_token", "BOOL true")
        .doesNotContainKey("tokenizer.ggml.token_type_count");
    assertThat(tokenizer.get("tokenizer.ggml.tokens")).contains("<s>, <pad>, </s>, <unk>, <mask>");
  }

  /** The file of the model and tokenizer.json say the same. */
  @Test
  void readsT5WithoutAModelFile() throws IOException {
    Path whole = Listing.resource("golden/T5ForConditionalGeneration");
    Path checkpoint = copy("golden/T5ForConditionalGeneration");
    Files.delete(checkpoint.resolve("spiece.model"));
    assertThat(tokenizer(checkpoint)).isEqualTo(tokenizer(whole));
    edit(
        checkpoint.resolve("tokenizer.json"),
        json -> ((ObjectNode) json.get("normalizer")).put("precompiled_charsmap", "%%%"));
    refused(checkpoint, "tokenizer.json", "Base64");
  }

  /** As OLMo 2's: llama.cpp would put a token in front under the name of Llama 3's split. */
  @Test
  void putsNoTokenInFrontWhereTheTokenizerDoesNot() throws IOException {
    Path checkpoint = copy("golden/LlamaForCausalLM");
    Path file = checkpoint.resolve("tokenizer.json");
    edit(file, json -> json.putNull("post_processor"));
    assertThat(tokenizer(checkpoint))
        .containsEntry("tokenizer.ggml.pre", "STRING dbrx")
        .doesNotContainKey("tokenizer.ggml.add_bos_token");
    edit(file, json -> ((ObjectNode) json.get("model")).put("ignore_merges", true));
    assertThat(tokenizer(checkpoint))
        .containsEntry("tokenizer.ggml.pre", "STRING llama-bpe")
        .containsEntry("tokenizer.ggml.add_bos_token", "BOOL false");
  }

  @Test
  void readsGemmaWithoutAModelFile() throws IOException {
    Path checkpoint = copy("golden/Gemma3ForCausalLM");
    Files.delete(checkpoint.resolve("tokenizer.model"));
    assertThat(tokenizer(checkpoint))
        .containsEntry("tokenizer.ggml.model", "STRING llama")
        .containsEntry("tokenizer.ggml.add_space_prefix", "BOOL false");
  }

  @Test
  void refusesABertWithoutWordPiece() throws IOException {
    Path checkpoint = copy("golden/BertForMaskedLM");
    Files.delete(checkpoint.resolve("tokenizer.json"));
    refused(checkpoint, "vocab.txt");
    Files.copy(
        Listing.resource("golden/GPT2LMHeadModel/tokenizer.json"),
        checkpoint.resolve("tokenizer.json"));
    refused(checkpoint, "WordPiece");
  }

  @Test
  void refusesFactorsThatDoNotFitTheHeads() throws IOException {
    Path checkpoint = copy("variants/phi3-longrope");
    edit(
        checkpoint.resolve("config.json"),
        c -> ((ObjectNode) c.get("rope_scaling")).putArray("long_factor").add(1.0));
    refused(checkpoint, "long_factor has 1 factors");
  }

  @Test
  void refusesAChatGlmWhoseTokenizerIsCode() throws IOException {
    Path checkpoint = copy("golden/GlmForCausalLM");
    Files.delete(checkpoint.resolve("tokenizer.json"));
    refused(checkpoint, "tokenizer in code of its own");
  }

  @Test
  void refusesAPoolingThatLlamaCppLacks() throws IOException {
    Path checkpoint = copy("variants/bert-bare-names");
    Files.createDirectory(checkpoint.resolve("1_Pooling"));
    Files.writeString(
        checkpoint.resolve("1_Pooling/config.json"), "{\"pooling_mode_max_tokens\": true}");
    refused(checkpoint, "1_Pooling", "pooling");
  }

  private static void refused(Path checkpoint, String... parts) {
    assertThatThrownBy(() -> GgufModel.fromCheckpoint(checkpoint).close())
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e.getMessage()).contains(parts);
              assertThat(e.mend()).isNotBlank();
            });
  }
}
