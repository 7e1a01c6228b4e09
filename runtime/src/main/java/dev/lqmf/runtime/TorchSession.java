package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.ChatMessage;
import dev.lqmf.tokenizer.ChatTemplate;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.Generated;
import dev.lqmf.torch.GenerationRequest;
import dev.lqmf.torch.Sampling;
import dev.lqmf.torch.TextGenerator;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** A model that libtorch has loaded in this process. */
final class TorchSession implements Session {
  private final StoredModel stored;
  private final TorchModel model;
  private final TextTokenizer tokenizer;
  private final Optional<ChatTemplate> chatTemplate;
  private final int contextLength;
  private final Object lock = new Object();
  private volatile boolean cancelled;
  private boolean closed;

  TorchSession(
      StoredModel stored,
      TorchModel model,
      TextTokenizer tokenizer,
      Optional<ChatTemplate> chatTemplate,
      int contextLength) {
    this.stored = stored;
    this.model = model;
    this.tokenizer = tokenizer;
    this.chatTemplate = chatTemplate;
    this.contextLength = contextLength;
  }

  @Override
  public boolean hasChatTemplate() {
    return chatTemplate.isPresent();
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public Generation generate(String prompt, GenerationOptions options, Consumer<String> sink) {
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("the session is closed");
      }
      cancelled = false;
      Stopwatch watch = new Stopwatch(sink);
      // A template writes the special tokens itself.
      int[] tokens =
          options.chat() && chatTemplate.isPresent()
              ? tokenizer.encode(
                  chatTemplate.get().render(List.of(new ChatMessage("user", prompt)), true), false)
              : tokenizer.encode(prompt, true);
      if (tokens.length == 0 && tokenizer.bos().isPresent()) {
        tokens = new int[] {tokenizer.bos().getAsInt()};
      }
      if (tokens.length >= contextLength) {
        throw new InputException(
            "the prompt has " + tokens.length + " tokens, the context only " + contextLength,
            "shorten the prompt or give a longer context");
      }
      // The last token that is generated needs no place of its own.
      int room = contextLength - tokens.length;
      GenerationRequest request =
          new GenerationRequest(
              tokens,
              Math.min(room, options.maxTokens().orElse(room)),
              sampling(options),
              stored.stopTokens(),
              options.stop());
      try {
        Generated generated =
            new TextGenerator(model, ids -> tokenizer.decode(ids, true))
                .generate(
                    request,
                    piece -> {
                      watch.piece(piece);
                      return !cancelled;
                    });
        return watch.stop(tokens.length, generated.tokens().size());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Sampling sampling(GenerationOptions options) {
    return new Sampling(
        options.temperature(),
        options.topK(),
        options.topP(),
        options.minP(),
        options.repetitionPenalty(),
        options.seed().isPresent()
            ? OptionalLong.of(options.seed().getAsInt())
            : OptionalLong.empty());
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  @Override
  public void close() {
    cancel();
    synchronized (lock) {
      if (!closed) {
        closed = true;
        tokenizer.close();
        model.close();
        try {
          stored.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
