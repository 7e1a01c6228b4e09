package dev.lqmf.factory.llm;

import dev.langchain4j.model.googleai.GoogleAiGeminiChatModel;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;
import java.net.URI;

/** Google's Gemini, by the Gemini Developer API. */
final class GeminiProvider implements LlmProvider {
  private static final URI ADDRESS = URI.create("https://generativelanguage.googleapis.com");

  @Override
  public String name() {
    return "gemini";
  }

  @Override
  public String keyVariable() {
    return "GEMINI_API_KEY";
  }

  @Override
  public String addressVariable() {
    return "GEMINI_BASE_URL";
  }

  @Override
  public URI address() {
    return ADDRESS;
  }

  @Override
  public String model() {
    return "gemini-flash-latest";
  }

  @Override
  public String keyPage() {
    return "https://aistudio.google.com/apikey";
  }

  @Override
  public LanguageModel open(LlmAccount account, LlmTimeouts timeouts) {
    return Models.open(account, timeouts);
  }

  /** Apart, because the verifier loads what a class passes on. */
  private static final class Models {
    static LanguageModel open(LlmAccount account, LlmTimeouts timeouts) {
      LlmHttp.Builder http = new LlmHttp.Builder(account, timeouts);
      String address = account.address() + "/v1beta";
      return new LangChainModel(
          account,
          timeouts,
          GoogleAiGeminiChatModel.builder()
              .httpClientBuilder(http)
              .baseUrl(address)
              .apiKey(account.secret())
              .modelName(account.model())
              .maxRetries(0)
              .build(),
          GoogleAiGeminiStreamingChatModel.builder()
              .httpClientBuilder(http)
              .baseUrl(address)
              .apiKey(account.secret())
              .modelName(account.model())
              .build());
    }
  }
}
