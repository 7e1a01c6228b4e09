package dev.lqmf.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.tensor.gguf.GgufArray;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where the tokenizer and the embedding differ in size. llama.cpp's converter does not care for
 * tokenizer.json, and writes a file that llama.cpp does not load; so there is nothing to compare
 * with.
 */
class SentencePieceVocabularyTest {
  private static final Path MODEL =
      Path.of("src/test/resources/dev/lqmf/model/variants/sentencepiece-of-tokenizer-json");

  @TempDir private Path temporary;

  private ModelContext context(int vocabularySize) throws IOException {
    for (String file : new String[] {"tokenizer.json", "tokenizer_config.json"}) {
      Files.copy(MODEL.resolve(file), temporary.resolve(file));
    }
    ObjectNode config =
        (ObjectNode) new JsonMapper().readTree(Files.readString(MODEL.resolve("config.json")));
    config.put("vocab_size", vocabularySize);
    Files.writeString(temporary.resolve("config.json"), config.toString());
    ModelFiles files = new ModelFiles(temporary);
    return Families.find("LlamaForCausalLM").orElseThrow().context(files, HfConfig.read(files));
  }

  private static GgufMetadata vocabulary(ModelContext context) throws IOException {
    MetadataCollector out = new MetadataCollector("llama");
    Vocabularies.llama(context, out);
    return out.build();
  }

  @Test
  void fillsUpToTheEmbedding() throws IOException {
    GgufMetadata metadata = vocabulary(context(386));
    GgufArray tokens = metadata.array("tokenizer.ggml.tokens").orElseThrow();
    assertThat(tokens.size()).isEqualTo(386);
    assertThat(tokens.string(384)).isEqualTo("[PAD384]");
    GgufArray types = metadata.array("tokenizer.ggml.token_type").orElseThrow();
    assertThat(types.integer(385)).isEqualTo(TokenType.UNUSED.id());
    assertThat(types.integer(383)).isEqualTo(TokenType.NORMAL.id());
  }

  @Test
  void leavesOutWhatTheEmbeddingDoesNotHave() throws IOException {
    ModelContext context = context(380);
    GgufMetadata metadata = vocabulary(context);
    assertThat(metadata.array("tokenizer.ggml.tokens").orElseThrow().size()).isEqualTo(380);
    assertThat(context.notes()).singleElement().asString().contains("384", "380");
  }
}
