package dev.lqmf.model.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A model as data. A decoder alone predicts the next token; an encoder alone fills in masked ones;
 * with both, the decoder's cross attention reads what the encoder wrote.
 *
 * @param name class of the model in Transformers
 * @param prefix what all tensor names but the head's begin with in a checkpoint of that class, and
 *     lack in one of the bare model: {@code transformer.}; empty if there is no such prefix
 * @param encoder none for a decoder-only model
 * @param decoder none for an encoder-only model
 * @param head scores over the vocabulary
 * @param sharedNames modules that are one and the same tensor: a checkpoint may have it under any
 *     of the names
 * @param maxLength the most positions, if there is a limit that cannot be exceeded (learned
 *     positions)
 * @param trainedLength the context of the training, if the configuration tells
 * @param decoderStart the token that a decoder with an encoder begins with
 */
public record Network(
    String name,
    String prefix,
    Optional<Stack> encoder,
    Optional<Stack> decoder,
    Head head,
    List<String> sharedNames,
    OptionalInt maxLength,
    OptionalInt trainedLength,
    OptionalInt decoderStart) {

  /** Copies the list; at least one stack must be there. */
  public Network {
    sharedNames = List.copyOf(sharedNames);
    if (encoder.isEmpty() && decoder.isEmpty()) {
      throw new IllegalArgumentException("neither encoder nor decoder");
    }
  }

  /** A decoder-only model. */
  public static Network decoder(
      String name, String prefix, Stack decoder, Head head, OptionalInt trainedLength) {
    return new Network(
        name,
        prefix,
        Optional.empty(),
        Optional.of(decoder),
        head,
        List.of(),
        limit(decoder),
        trainedLength,
        OptionalInt.empty());
  }

  private static OptionalInt limit(Stack stack) {
    return stack
        .embedding()
        .positions()
        .map(p -> OptionalInt.of(p.count() - p.offset()))
        .orElse(OptionalInt.empty());
  }

  /** An encoder-only model. */
  public static Network encoder(
      String name, String prefix, Stack encoder, Head head, OptionalInt trainedLength) {
    return new Network(
        name,
        prefix,
        Optional.of(encoder),
        Optional.empty(),
        head,
        List.of(),
        limit(encoder),
        trainedLength,
        OptionalInt.empty());
  }

  /** A model with both. */
  public static Network encoderDecoder(
      String name,
      String prefix,
      Stack encoder,
      Stack decoder,
      Head head,
      List<String> sharedNames,
      OptionalInt decoderStart) {
    return new Network(
        name,
        prefix,
        Optional.of(encoder),
        Optional.of(decoder),
        head,
        sharedNames,
        limit(decoder),
        limit(decoder),
        decoderStart);
  }

  /** The stack whose last hidden state the head reads. */
  public Stack last() {
    return decoder.or(() -> encoder).orElseThrow();
  }

  /** Tokens that it can score. */
  public int vocabulary() {
    return head.projection().out();
  }

  /** All blocks, the encoder's first. */
  public List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    encoder.ifPresent(s -> blocks.addAll(s.blocks()));
    decoder.ifPresent(s -> blocks.addAll(s.blocks()));
    return blocks;
  }

  /** The linear layers that can be quantized, in order of computation. */
  public Stream<Linear> linears() {
    return blocks().stream().flatMap(b -> b.inputGroups().stream()).flatMap(List::stream);
  }
}
