package dev.lqmf.factory.doctor;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.ChatMessage;
import dev.lqmf.tokenizer.ChatTemplate;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The chat template, if there is one, can be read and writes a question. */
final class ChatTemplateCheck implements Check {

  @Override
  public String name() {
    return "chat template";
  }

  @Override
  public boolean concerns(Patient patient) {
    return patient.model().isPresent();
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    String question = "Why is the sky blue?";
    try {
      Optional<ChatTemplate> template = patient.model().orElseThrow().chatTemplate().read();
      if (template.isEmpty()) {
        findings.accept(Finding.ok(name(), "none: the model continues texts"));
        return;
      }
      String text = template.get().render(List.of(new ChatMessage("user", question)), true);
      findings.accept(
          text.contains(question)
              ? Finding.ok(name(), "writes a question in %d characters".formatted(text.length()))
              : Finding.broken(name(), "leaves the question out"));
    } catch (InputException e) {
      findings.accept(Finding.broken(name(), e));
    }
  }
}
