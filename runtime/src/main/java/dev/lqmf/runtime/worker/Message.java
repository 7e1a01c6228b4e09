package dev.lqmf.runtime.worker;

import dev.lqmf.runtime.Generation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.torch.ComputeDevice;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** What program and worker tell each other. */
sealed interface Message {

  /** To the worker, first: load a model. */
  record Open(String runtime, String model, SessionOptions options) implements Message {}

  /** To the worker: answer or continue a text. */
  record Generate(String prompt, GenerationOptions options) implements Message {}

  /** To the worker: end the running generation. */
  record Cancel() implements Message {}

  /** From the worker: the model is loaded. */
  record Opened(boolean chatTemplate, int contextLength) implements Message {}

  /** From the worker: a piece of text. */
  record Piece(String text) implements Message {}

  /** From the worker: the text is complete. */
  record Done(Generation generation) implements Message {}

  /** From the worker: it did not work. */
  record Failed(boolean input, String problem, String mend) implements Message {}

  /** Writes a message; the caller flushes. */
  static void write(DataOutputStream out, Message message) throws IOException {
    switch (message) {
      case Open open -> {
        out.writeByte('O');
        text(out, open.runtime());
        text(out, open.model());
        optional(out, open.options().contextLength());
        optional(out, open.options().threads());
        out.writeBoolean(open.options().verbose());
        text(out, open.options().device().name());
      }
      case Generate generate -> {
        GenerationOptions options = generate.options();
        out.writeByte('G');
        text(out, generate.prompt());
        optional(out, options.maxTokens());
        out.writeFloat(options.temperature());
        out.writeInt(options.topK());
        out.writeFloat(options.topP());
        out.writeFloat(options.minP());
        out.writeFloat(options.repetitionPenalty());
        optional(out, options.seed());
        out.writeInt(options.stop().size());
        for (String stop : options.stop()) {
          text(out, stop);
        }
        out.writeBoolean(options.chat());
      }
      case Cancel _ -> out.writeByte('C');
      case Opened opened -> {
        out.writeByte('o');
        out.writeBoolean(opened.chatTemplate());
        out.writeInt(opened.contextLength());
      }
      case Piece piece -> {
        out.writeByte('p');
        text(out, piece.text());
      }
      case Done done -> {
        out.writeByte('d');
        out.writeInt(done.generation().promptTokens());
        out.writeInt(done.generation().tokens());
        out.writeLong(done.generation().toFirstText().toNanos());
        out.writeLong(done.generation().total().toNanos());
      }
      case Failed failed -> {
        out.writeByte('f');
        out.writeBoolean(failed.input());
        text(out, failed.problem());
        text(out, failed.mend());
      }
    }
  }

  /**
   * Reads a message.
   *
   * @throws EOFException if the other side is gone
   */
  static Message read(DataInputStream in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case 'O' ->
          new Open(
              text(in),
              text(in),
              new SessionOptions(
                  optional(in), optional(in), in.readBoolean(), ComputeDevice.named(text(in))));
      case 'G' -> {
        String prompt = text(in);
        OptionalInt maxTokens = optional(in);
        float temperature = in.readFloat();
        int topK = in.readInt();
        float topP = in.readFloat();
        float minP = in.readFloat();
        float repetitionPenalty = in.readFloat();
        OptionalInt seed = optional(in);
        int stops = in.readInt();
        List<String> stop = new ArrayList<>();
        for (int i = 0; i < stops; i++) {
          stop.add(text(in));
        }
        yield new Generate(
            prompt,
            new GenerationOptions(
                maxTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                seed,
                stop,
                in.readBoolean()));
      }
      case 'C' -> new Cancel();
      case 'o' -> new Opened(in.readBoolean(), in.readInt());
      case 'p' -> new Piece(text(in));
      case 'd' ->
          new Done(
              new Generation(
                  in.readInt(),
                  in.readInt(),
                  Duration.ofNanos(in.readLong()),
                  Duration.ofNanos(in.readLong())));
      case 'f' -> new Failed(in.readBoolean(), text(in), text(in));
      default -> throw new IOException("unknown message " + kind);
    };
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    int length = in.readInt();
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void optional(DataOutputStream out, OptionalInt value) throws IOException {
    out.writeBoolean(value.isPresent());
    out.writeInt(value.orElse(0));
  }

  private static OptionalInt optional(DataInputStream in) throws IOException {
    boolean present = in.readBoolean();
    int value = in.readInt();
    return present ? OptionalInt.of(value) : OptionalInt.empty();
  }
}
