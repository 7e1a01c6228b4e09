package dev.lqmf.factory.llm;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The format of https://platform.openai.com/docs/api-reference/chat. */
class OpenAiProviderTest extends ProviderContract {
  @Override
  LlmProvider provider() {
    return new OpenAiProvider();
  }

  @Override
  String path(boolean streaming) {
    return "/chat/completions";
  }

  @Override
  Map.Entry<String, String> keyHeader(String key) {
    return Map.entry("Authorization", "Bearer " + key);
  }

  @Override
  String answer(String text) {
    return """
    {"id":"chatcmpl-1","object":"chat.completion","created":1741569952,"model":"gpt-5-mini",\
    "choices":[{"index":0,"message":{"role":"assistant","content":"%s","refusal":null,\
    "annotations":[]},"logprobs":null,"finish_reason":"stop"}],\
    "usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29},\
    "service_tier":"default"}"""
        .formatted(text);
  }

  @Override
  String events(List<String> pieces) {
    String chunk =
        """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1694268190,\
        "model":"gpt-5-mini","system_fingerprint":"fp_1","choices":[{"index":0,\
        "delta":%s,"logprobs":null,"finish_reason":%s}]}

        """;
    return chunk.formatted("{\"role\":\"assistant\",\"content\":\"\"}", "null")
        + pieces.stream()
            .map(piece -> chunk.formatted("{\"content\":\"" + piece + "\"}", "null"))
            .collect(Collectors.joining())
        + chunk.formatted("{}", "\"stop\"")
        + "data: [DONE]\n\n";
  }

  @Override
  String refusal(String message) {
    return """
    {"error":{"message":"%s","type":"invalid_request_error","param":null,"code":null}}"""
        .formatted(message);
  }

  @Override
  String schemaField() {
    return "\"json_schema\"";
  }
}
