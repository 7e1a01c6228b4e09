package dev.lqmf.factory.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.llm.FakeProvider.Reply;
import dev.lqmf.factory.llm.LlmException.Problem;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The format of https://ai.google.dev/api/generate-content. */
class GeminiProviderTest extends ProviderContract {
  @Override
  LlmProvider provider() {
    return new GeminiProvider();
  }

  @Override
  String path(boolean streaming) {
    return "/v1beta/models/gemini-flash-latest:"
        + (streaming ? "streamGenerateContent?alt=sse" : "generateContent");
  }

  @Override
  Map.Entry<String, String> keyHeader(String key) {
    return Map.entry("X-goog-api-key", key);
  }

  @Override
  String answer(String text) {
    return candidate(text, ",\"finishReason\":\"STOP\"");
  }

  private static String candidate(String text, String end) {
    return """
    {"candidates":[{"content":{"parts":[{"text":"%s"}],"role":"model"}%s,"index":0}],\
    "usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5,"totalTokenCount":14},\
    "modelVersion":"gemini-flash-latest","responseId":"r1"}"""
        .formatted(text, end);
  }

  @Override
  String events(List<String> pieces) {
    return pieces.stream()
            .map(piece -> "data: " + candidate(piece, "") + "\r\n\r\n")
            .collect(Collectors.joining())
        + "data: "
        + answer("")
        + "\r\n\r\n";
  }

  @Override
  String refusal(String message) {
    return """
    {"error":{"code":400,"message":"%s","status":"INVALID_ARGUMENT"}}"""
        .formatted(message);
  }

  @Override
  String schemaField() {
    return "\"responseJsonSchema\"";
  }

  @Test
  void aWrongKeyIsRecognizedAlthoughTheStatusIs400() throws Exception {
    try (FakeProvider server = new FakeProvider()) {
      server.reply(
          Reply.of(
              400,
              """
              {"error":{"code":400,"message":"API key not valid. Please pass a valid API key.",\
              "status":"INVALID_ARGUMENT","details":[{"@type":\
              "type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID",\
              "domain":"googleapis.com"}]}}"""));
      Map<String, String> variables =
          Map.of("GEMINI_API_KEY", "wrong", "GEMINI_BASE_URL", server.address());
      LanguageModel model =
          LanguageModels.open(
              new LlmSettings(n -> Optional.ofNullable(variables.get(n)), Optional.empty())
                  .account(provider()));

      assertThatThrownBy(() -> model.ask("", "?", "{}"))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.problem()).isEqualTo(Problem.KEY_REJECTED));
    }
  }
}
