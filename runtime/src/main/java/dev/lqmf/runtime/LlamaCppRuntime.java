package dev.lqmf.runtime;

import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * llama.cpp in this process, through its JNI binding {@code de.kherud:llama}.
 *
 * <p>Two things to know about the binding: a native thread outlives {@link Session#close()}, so a
 * program that used it ends by {@link System#exit}; and it gives a model's memory back only then.
 */
public final class LlamaCppRuntime implements Runtime {

  @Override
  public String name() {
    return "llama.cpp";
  }

  @Override
  public Session open(Path model, SessionOptions options) throws IOException {
    options.refuseDevice(name());
    ModelFacts facts = ModelFacts.read(model);
    NativeLibrary.load();
    int context =
        options
            .contextLength()
            .orElse(
                Math.min(
                    facts.contextLength().orElse(SessionOptions.DEFAULT_MAX_CONTEXT),
                    SessionOptions.DEFAULT_MAX_CONTEXT));
    ModelParameters parameters =
        new ModelParameters()
            .setModel(model.toString())
            .setCtxSize(context)
            .skipWarmup()
            .disableContextShift()
            .enableJinja();
    options.threads().ifPresent(n -> parameters.setThreads(n).setThreadsBatch(n));
    if (!options.verbose()) {
      parameters.disableLog();
    }
    try {
      return new LlamaSession(new LlamaModel(parameters), context, facts);
    } catch (RuntimeException e) { // LlamaException, which is not public
      throw new InputException(
          "llama.cpp cannot load " + model + ": " + LoadFailure.reason(model),
          "check the file with 'lqmf inspect', and that this model family is supported",
          e);
    }
  }
}
