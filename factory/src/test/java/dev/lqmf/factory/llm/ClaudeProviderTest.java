package dev.lqmf.factory.llm;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The format of https://docs.anthropic.com/en/api/messages. */
class ClaudeProviderTest extends ProviderContract {
  @Override
  LlmProvider provider() {
    return new ClaudeProvider();
  }

  @Override
  String path(boolean streaming) {
    return "/v1/messages";
  }

  @Override
  Map.Entry<String, String> keyHeader(String key) {
    return Map.entry("X-api-key", key);
  }

  @Override
  String answer(String text) {
    return """
    {"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-4-6",\
    "content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,\
    "usage":{"input_tokens":2095,"output_tokens":503}}"""
        .formatted(text);
  }

  @Override
  String events(List<String> pieces) {
    return """
    event: message_start
    data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant",\
    "content":[],"model":"claude-sonnet-4-6","stop_reason":null,"stop_sequence":null,\
    "usage":{"input_tokens":25,"output_tokens":1}}}

    event: content_block_start
    data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

    event: ping
    data: {"type":"ping"}

    %sevent: content_block_stop
    data: {"type":"content_block_stop","index":0}

    event: message_delta
    data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},\
    "usage":{"output_tokens":15}}

    event: message_stop
    data: {"type":"message_stop"}

    """
        .formatted(
            pieces.stream()
                .map(
                    piece ->
                        """
                        event: content_block_delta
                        data: {"type":"content_block_delta","index":0,\
                        "delta":{"type":"text_delta","text":"%s"}}

                        """
                            .formatted(piece))
                .collect(Collectors.joining()));
  }

  @Override
  String refusal(String message) {
    return """
    {"type":"error","error":{"type":"invalid_request_error","message":"%s"},"request_id":"req_1"}"""
        .formatted(message);
  }

  @Override
  String schemaField() {
    return "\"json_schema\"";
  }
}
