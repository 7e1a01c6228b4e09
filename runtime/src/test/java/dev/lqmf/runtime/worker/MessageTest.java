package dev.lqmf.runtime.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.torch.ComputeDevice;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MessageTest {
  @Test
  void theWorkerLearnsHowToOpenAModel() throws IOException {
    assertUnchanged(new Message.Open("torch", "Modell/ä.gguf", SessionOptions.DEFAULTS));
    assertUnchanged(
        new Message.Open(
            "torch",
            "m",
            new SessionOptions(OptionalInt.of(7), OptionalInt.of(3), true, ComputeDevice.CUDA)));
  }

  @Test
  void theWorkerLearnsWhatToGenerate() throws IOException {
    assertUnchanged(
        new Message.Generate(
            "Why?",
            new GenerationOptions(
                OptionalInt.of(5),
                0.5f,
                4,
                0.9f,
                0.1f,
                1.1f,
                OptionalInt.of(42),
                List.of("END", "\n"),
                false)));
  }

  private static void assertUnchanged(Message message) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Message.write(new DataOutputStream(bytes), message);
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));

    assertThat(Message.read(in)).isEqualTo(message);
    assertThat(in.available()).isZero();
  }
}
