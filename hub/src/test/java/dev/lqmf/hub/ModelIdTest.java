package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelIdTest {
  @ParameterizedTest
  @CsvSource({
    "gpt2, gpt2, main",
    "org/name, org/name, main",
    "' org/name ', org/name, main",
    "org/Name-1.5_b, org/Name-1.5_b, main",
    "_x/y_, _x/y_, main",
    "org/name@v1.0, org/name, v1.0",
    "gpt2@main, gpt2, main",
    "org/name@refs/pr/3, org/name, refs/pr/3",
    "org/name@feature/a@b, org/name, feature/a@b",
    "https://huggingface.co/gpt2, gpt2, main",
    "https://huggingface.co/org/name, org/name, main",
    "https://huggingface.co/org/name/, org/name, main",
    "http://www.huggingface.co/org/name, org/name, main",
    "HTTPS://HuggingFace.co/org/name, org/name, main",
    "https://hf.co/org/name, org/name, main",
    "huggingface.co/org/name, org/name, main",
    "https://huggingface.co/org/name?library=transformers, org/name, main",
    "https://huggingface.co/org/name#usage, org/name, main",
    "https://huggingface.co/org/name@v2, org/name, v2",
    "https://huggingface.co/org/name/tree/main, org/name, main",
    "https://huggingface.co/gpt2/tree/v2/, gpt2, v2",
    "https://huggingface.co/org/name/tree/refs%2Fpr%2F3, org/name, refs/pr/3",
    "https://huggingface.co/org/name/tree/refs/pr/3, org/name, refs/pr/3",
    "https://huggingface.co/org/name/tree/a+b, org/name, a+b",
  })
  void isReadAsUsersWriteIt(String text, String repository, String revision) {
    assertThat(ModelId.parse(text)).isEqualTo(new ModelId(repository, revision));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "org/",
        "/name",
        "a/b/c",
        "./model",
        "../model",
        "/home/me/model",
        "C:\\models\\x",
        "org/na me",
        "org--x/name",
        "org/na..me",
        "org/name.git",
        "-org/name",
        "org/name-",
        "org/.name",
        "org/name.",
        "org/n\u00e4me",
        "org/name@",
        "org/name@a b",
        "org/name@../../x",
        "org/name@/x",
        "org/name@x/",
        "org/name@a//b",
        "org/name@.x",
        "org/name@x/.y",
        "org/name@-x",
        "org/name@x.lock",
        "org/name@x\\y",
        "org/name@C:x",
        "org/name@a~1",
        "https://huggingface.co/",
        "https://huggingface.co/datasets/org/name",
        "https://huggingface.co/spaces/org/name",
        "https://huggingface.co/org/name/tree/main/onnx",
        "https://huggingface.co/org/name/blob/main/config.json",
        "https://huggingface.co/org/name/tree/",
        "https://huggingface.co/org/name/tree/..%2F..%2Fx",
        "https://huggingface.co/org/name/tree/%zz",
        "https://example.com/org/name",
        "https://huggingface.co.example.com/org/name",
      })
  void whatIsNoModelIsRefused(String text) {
    assertThatThrownBy(() -> ModelId.parse(text)).isInstanceOf(InputException.class);
  }

  @Test
  void namesHaveALength() {
    String longest = "a".repeat(96);

    assertThat(ModelId.parse(longest + "/" + longest).repository()).hasSize(193);
    assertThatThrownBy(() -> ModelId.parse(longest + "a")).isInstanceOf(InputException.class);
  }

  @Test
  void theMessageSaysWhatIsWrong() {
    assertThatThrownBy(() -> ModelId.parse("a/b/c"))
        .hasMessage("'a/b/c' is not the name of a model on the Hugging Face Hub")
        .isInstanceOfSatisfying(
            InputException.class,
            e -> assertThat(e.mend()).isEqualTo("give it as org/name or org/name@revision"));
    assertThatThrownBy(() -> ModelId.parse("https://hf.co/datasets/a/b"))
        .hasMessage("'https://hf.co/datasets/a/b' is not a model but one of the Hub's datasets");
  }

  @Test
  void onlyAFullCommitIsPinned() {
    assertThat(ModelId.parse("a/b@" + FakeHub.COMMIT).pinned()).isTrue();
    assertThat(ModelId.parse("a/b@" + FakeHub.COMMIT.substring(1)).pinned()).isFalse();
    assertThat(ModelId.parse("a/b").pinned()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "org/name", "org/name@v1", "org/name@refs/pr/3"})
  void itsTextIsReadAgain(String text) {
    assertThat(ModelId.parse(text)).hasToString(text);
  }
}
