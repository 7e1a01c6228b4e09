package dev.lqmf.factory.doctor;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** The tokenizer is there, gives tokens that the model has, and gives texts back. */
final class TokenizerCheck implements Check {
  private static final String TEXT = "The quick brown fox (42) jumps: naïve café, 東京!";

  /** Metadata of a GGUF with one entry for each token. */
  private static final List<String> PER_TOKEN =
      List.of("tokenizer.ggml.scores", "tokenizer.ggml.token_type");

  private static final List<String> SPECIAL =
      List.of("bos_token_id", "eos_token_id", "pad_token_id");

  @Override
  public String name() {
    return "tokenizer";
  }

  @Override
  public boolean concerns(Patient patient) {
    return patient.model().isPresent();
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    StoredModel model = patient.model().orElseThrow();
    int vocabulary = model.network().vocabulary();
    boolean fine = true;
    for (String key : SPECIAL) {
      OptionalLong id =
          patient.config().isPresent()
              ? number(patient.config().get(), key)
              : patient.gguf().orElseThrow().metadata().integer("tokenizer.ggml." + key);
      if (id.isPresent() && id.getAsLong() >= vocabulary) {
        fine = false;
        findings.accept(
            Finding.broken(
                name(),
                "%s is %d, but there are only %d tokens"
                    .formatted(key, id.getAsLong(), vocabulary)));
      }
    }
    if (patient.gguf().isPresent()) {
      fine &= lengths(patient.gguf().get().metadata(), vocabulary, findings);
    }
    if (!fine) {
      return;
    }
    try (TextTokenizer tokenizer = model.tokenizer().open()) {
      int[] ids = tokenizer.encode(TEXT, false);
      int largest = Arrays.stream(ids).max().orElse(-1);
      String back = tokenizer.decode(ids, false);
      if (largest >= vocabulary) {
        findings.accept(
            Finding.broken(
                name(),
                "it gives token %d, but the model has only %d".formatted(largest, vocabulary)));
      } else if (ids.length == 0) {
        findings.accept(Finding.broken(name(), "it gives no tokens for a text"));
      } else if (back.strip().equals(TEXT)) {
        findings.accept(
            Finding.ok(
                name(),
                "%,d tokens; a text survives the way there and back".formatted(vocabulary)));
      } else {
        // Uncased vocabularies, and those without all characters, are like that.
        findings.accept(
            Finding.note(name(), "a text changes on the way there and back: " + back.strip()));
      }
    } catch (InputException e) {
      findings.accept(Finding.broken(name(), e));
    }
  }

  private static OptionalLong number(HfConfig config, String key) {
    return config.node(key).canConvertToLong()
        ? OptionalLong.of(config.node(key).longValue())
        : OptionalLong.empty();
  }

  private boolean lengths(GgufMetadata metadata, int vocabulary, Consumer<Finding> findings) {
    int tokens = metadata.strings("tokenizer.ggml.tokens").map(List::size).orElse(0);
    boolean fine = true;
    if (tokens > 0 && tokens != vocabulary) {
      fine = false;
      findings.accept(
          Finding.broken(
              name(),
              "there are %d tokens, but the embedding has %d rows".formatted(tokens, vocabulary)));
    }
    for (String key : PER_TOKEN) {
      int length = metadata.array(key).map(a -> a.size()).orElse(tokens);
      if (length != tokens) {
        fine = false;
        findings.accept(
            Finding.broken(
                name(), "%s has %d entries for %d tokens".formatted(key, length, tokens)));
      }
    }
    return fine;
  }
}
