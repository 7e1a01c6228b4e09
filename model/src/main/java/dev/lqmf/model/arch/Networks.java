package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** All model classes whose computation LQMF knows. */
public final class Networks {
  private static final Map<String, Function<NetworkConfig, Network>> BY_CLASS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("BartForConditionalGeneration", BartNetwork::bart),
              Map.entry("BertForMaskedLM", BertNetwork::bert),
              Map.entry("BlenderbotForConditionalGeneration", BartNetwork::blenderbot),
              Map.entry("BlenderbotSmallForConditionalGeneration", BartNetwork::blenderbotSmall),
              Map.entry("BloomForCausalLM", BloomNetwork::of),
              Map.entry("CodeGenForCausalLM", GptJNetwork::codeGen),
              Map.entry("FalconForCausalLM", FalconNetwork::of),
              Map.entry("GPT2LMHeadModel", Gpt2Network::gpt2),
              Map.entry("GPTBigCodeForCausalLM", Gpt2Network::bigCode),
              Map.entry("GPTJForCausalLM", GptJNetwork::gptJ),
              Map.entry("GPTNeoForCausalLM", GptNeoNetwork::of),
              Map.entry("GPTNeoXForCausalLM", GptNeoXNetwork::of),
              Map.entry("Gemma2ForCausalLM", GemmaNetwork::gemma2),
              Map.entry("Gemma3ForCausalLM", GemmaNetwork::gemma3),
              Map.entry("Glm4ForCausalLM", GlmNetwork::glm4),
              Map.entry("GlmForCausalLM", GlmNetwork::glm),
              Map.entry("GraniteForCausalLM", LlamaNetwork::granite),
              Map.entry("LlamaForCausalLM", LlamaNetwork::llama),
              Map.entry("MistralForCausalLM", LlamaNetwork::mistral),
              Map.entry("MixtralForCausalLM", MixtralNetwork::of),
              Map.entry("OPTForCausalLM", OptNetwork::of),
              Map.entry("Olmo2ForCausalLM", Olmo2Network::of),
              Map.entry("Phi3ForCausalLM", PhiNetwork::phi3),
              Map.entry("PhiForCausalLM", PhiNetwork::phi),
              Map.entry("Qwen2ForCausalLM", QwenNetwork::qwen2),
              Map.entry("Qwen3ForCausalLM", QwenNetwork::qwen3),
              Map.entry("Qwen3MoeForCausalLM", QwenNetwork::qwen3Moe),
              Map.entry("RobertaForMaskedLM", BertNetwork::roberta),
              Map.entry("SmolLM3ForCausalLM", LlamaNetwork::smolLm3),
              Map.entry("StableLmForCausalLM", StableLmNetwork::of),
              Map.entry("Starcoder2ForCausalLM", Starcoder2Network::of),
              Map.entry("T5ForConditionalGeneration", T5Network::of)));

  private Networks() {}

  /** The classes that can be run, in alphabetical order. */
  public static List<String> classes() {
    return List.copyOf(BY_CLASS.keySet());
  }

  /**
   * The network of a model directory.
   *
   * @throws InputException if its class is unknown, or an option of its configuration is not
   *     supported
   * @throws IOException if the configuration cannot be read
   */
  public static Network of(ModelFiles files) throws IOException {
    return of(HfConfig.read(files));
  }

  /** Whether the configuration's model class is one of {@link #classes()}. */
  public static boolean knows(HfConfig config) {
    return BY_CLASS.containsKey(config.architecture());
  }

  /**
   * The network of a configuration; what it lacks is what Transformers' configuration class would
   * assume.
   *
   * @throws InputException if its class is unknown, or one of its options is not supported
   */
  public static Network of(HfConfig config) {
    String name = config.architecture();
    Function<NetworkConfig, Network> found = BY_CLASS.get(name);
    if (found == null) {
      throw new InputException(
          "running a model of class %s is not supported".formatted(InputException.quote(name)),
          "use a model of one of " + String.join(", ", classes()));
    }
    return found.apply(new NetworkConfig(config));
  }
}
