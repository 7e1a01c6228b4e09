package dev.lqmf.runtime;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import dev.lqmf.tensor.InputException;
import java.util.function.Consumer;

/** A model that llama.cpp has loaded in this process. */
final class LlamaSession implements Session {
  private final LlamaModel model;
  private final int contextLength;
  private final ModelFacts facts;
  private final Object lock = new Object();
  private volatile boolean cancelled;
  private boolean closed;

  LlamaSession(LlamaModel model, int contextLength, ModelFacts facts) {
    this.model = model;
    this.contextLength = contextLength;
    this.facts = facts;
  }

  @Override
  public boolean hasChatTemplate() {
    return facts.chatTemplate();
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
      String text =
          options.chat() && facts.chatTemplate()
              ? ChatPrompt.apply(model, prompt, facts.leadingBos())
              : prompt;
      int tokens = model.encode(text).length + (facts.leadingBos().isEmpty() ? 0 : 1);
      if (tokens >= contextLength) {
        throw new InputException(
            "the prompt has " + tokens + " tokens, the context only " + contextLength,
            "shorten the prompt or give a longer context");
      }
      return watch.stop(
          tokens, stream(model.generate(parameters(text, options)).iterator(), watch));
    }
  }

  /** Hands the text on; gives the number of tokens. */
  private int stream(LlamaIterator pieces, Stopwatch watch) {
    int tokens = 0;
    try {
      while (pieces.hasNext() && !cancelled) {
        String text = pieces.next().text;
        tokens++;
        if (!text.isEmpty()) {
          watch.piece(text);
        }
      }
      return tokens;
    } finally {
      if (pieces.hasNext()) {
        pieces.cancel();
      }
    }
  }

  private static InferenceParameters parameters(String prompt, GenerationOptions options) {
    InferenceParameters parameters =
        new InferenceParameters(prompt)
            .setNPredict(options.maxTokens().orElse(-1))
            .setTemperature(options.temperature())
            .setTopK(options.topK())
            .setTopP(options.topP())
            .setMinP(options.minP())
            .setRepeatPenalty(options.repetitionPenalty())
            // With a prompt half in the KV cache the sums round differently, and so a seed would
            // not give the same text again.
            .setCachePrompt(false);
    options.seed().ifPresent(parameters::setSeed);
    if (!options.stop().isEmpty()) {
      parameters.setStopStrings(options.stop().toArray(String[]::new));
    }
    return parameters;
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
        model.close();
      }
    }
  }
}
