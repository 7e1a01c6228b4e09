package dev.lqmf.torch;

import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Generates text token by token. For one thread at a time, as the model it uses. */
public final class TextGenerator {
  private final TorchModel model;
  private final Detokenizer detokenizer;

  /**
   * A generator.
   *
   * @param model stays open as long as this is used
   * @param detokenizer of the model
   */
  public TextGenerator(TorchModel model, Detokenizer detokenizer) {
    this.model = model;
    this.detokenizer = detokenizer;
  }

  /**
   * Continues a text, or answers it if the model has an encoder.
   *
   * @param sink receives the text piece by piece
   * @throws InputException if the prompt has more tokens than the model has positions, or the model
   *     generates no text
   * @throws IOException if weights cannot be read
   */
  public Generated generate(GenerationRequest request, TextSink sink) throws IOException {
    Network network = model.network();
    if (network.decoder().isEmpty()) {
      throw new InputException(
          network.name() + " generates no text: it has no decoder", "use a model with a decoder");
    }
    boolean answers = network.encoder().isPresent();
    try (DecodingSession session = answers ? model.session(request.prompt()) : model.session()) {
      return run(session, answers ? start(network) : request.prompt(), request, sink);
    }
  }

  private static int[] start(Network network) {
    int token =
        network
            .decoderStart()
            .orElseThrow(
                () ->
                    new InputException(
                        network.name() + " does not say how an answer begins",
                        "add decoder_start_token_id to config.json"));
    return new int[] {token};
  }

  private Generated run(
      DecodingSession session, int[] first, GenerationRequest request, TextSink sink)
      throws IOException {
    Sampler sampler = new Sampler(request.sampling());
    TextStream text = new TextStream(detokenizer, request.stopStrings());
    List<Integer> seen = new ArrayList<>(IntStream.of(first).boxed().toList());
    List<Integer> tokens = new ArrayList<>();
    OptionalInt limit = model.network().maxLength();
    int[] next = first;
    Generated.End end = null;
    while (end == null) {
      if (limit.isPresent() && !tokens.isEmpty() && session.length() >= limit.getAsInt()) {
        end = Generated.End.CONTEXT;
        break;
      }
      int token =
          sampler.choose(session.append(next), seen.stream().mapToInt(Integer::intValue).toArray());
      if (request.stopTokens().contains(token)) {
        end = Generated.End.STOP_TOKEN;
        break;
      }
      tokens.add(token);
      seen.add(token);
      text.add(token);
      String piece = text.next();
      if (!piece.isEmpty() && !sink.piece(piece)) {
        return new Generated(tokens, text.text(), Generated.End.CANCELLED);
      }
      if (text.stopped()) {
        end = Generated.End.STOP_STRING;
      } else if (tokens.size() == request.maxTokens()) {
        end = Generated.End.LENGTH;
      }
      next = new int[] {token};
    }
    String rest = text.rest();
    if (!rest.isEmpty()) {
      sink.piece(rest);
    }
    return new Generated(tokens, text.text(), end);
  }
}
