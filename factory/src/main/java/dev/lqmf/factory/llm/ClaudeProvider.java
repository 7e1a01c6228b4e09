package dev.lqmf.factory.llm;

import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import java.net.URI;

/** Anthropic's Claude, by the Messages API. */
final class ClaudeProvider implements LlmProvider {
  private static final URI ADDRESS = URI.create("https://api.anthropic.com");

  /** The API insists on a limit. */
  private static final int MAX_TOKENS = 4096;

  @Override
  public String name() {
    return "claude";
  }

  @Override
  public String keyVariable() {
    return "ANTHROPIC_API_KEY";
  }

  @Override
  public String addressVariable() {
    return "ANTHROPIC_BASE_URL";
  }

  @Override
  public URI address() {
    return ADDRESS;
  }

  @Override
  public String model() {
    return "claude-sonnet-4-6";
  }

  @Override
  public String keyPage() {
    return "https://console.anthropic.com/settings/keys";
  }

  @Override
  public LanguageModel open(LlmAccount account, LlmTimeouts timeouts) {
    return Models.open(account, timeouts);
  }

  /** Apart, because the verifier loads what a class passes on. */
  private static final class Models {
    static LanguageModel open(LlmAccount account, LlmTimeouts timeouts) {
      LlmHttp.Builder http = new LlmHttp.Builder(account, timeouts);
      String address = account.address() + "/v1/";
      return new LangChainModel(
          account,
          timeouts,
          AnthropicChatModel.builder()
              .httpClientBuilder(http)
              .baseUrl(address)
              .apiKey(account.secret())
              .modelName(account.model())
              .maxTokens(MAX_TOKENS)
              .maxRetries(0)
              .build(),
          AnthropicStreamingChatModel.builder()
              .httpClientBuilder(http)
              .baseUrl(address)
              .apiKey(account.secret())
              .modelName(account.model())
              .maxTokens(MAX_TOKENS)
              .build());
    }
  }
}
