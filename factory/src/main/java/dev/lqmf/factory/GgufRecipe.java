package dev.lqmf.factory;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The recipe of a GGUF output.
 *
 * @param encoderRevision {@link #ENCODER_REVISION} of the program that makes it
 * @param model name of the model, which files and metadata carry
 * @param architecture {@code general.architecture}
 * @param source fingerprint of the input
 * @param fileType the kind of file
 * @param tensorTypes patterns and types for single tensors, first match first
 * @param outputTensorType explicit type of {@code output.weight}
 * @param tokenEmbeddingType explicit type of {@code token_embd.weight}
 * @param pure whether the mix is switched off
 * @param leaveOutputTensor whether {@code output.weight} is kept
 * @param imatrix the importance matrix used
 * @param splitMaxSize largest sum of tensor bytes per file
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record GgufRecipe(
    int encoderRevision,
    String model,
    String architecture,
    String source,
    GgufFileType fileType,
    List<TensorTypeRule> tensorTypes,
    Optional<TensorType> outputTensorType,
    Optional<TensorType> tokenEmbeddingType,
    boolean pure,
    boolean leaveOutputTensor,
    Optional<Imatrix> imatrix,
    OptionalLong splitMaxSize)
    implements Recipe {

  /** Raised whenever the same input and options begin to give other bytes. */
  public static final int ENCODER_REVISION = 1;

  public GgufRecipe {
    tensorTypes = List.copyOf(tensorTypes);
  }

  /** One {@code --tensor-type} option. */
  public record TensorTypeRule(String pattern, TensorType type) {}

  /**
   * An importance matrix.
   *
   * @param name of the file, which the output's metadata record; or of the text it is measured with
   * @param sha256 of the file's bytes, or of all that was measured, in hex
   */
  public record Imatrix(String name, String sha256) {}
}
